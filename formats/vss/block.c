/* Blocks of metadata. See block.h. */
#include "formats/vss/block.h"

/* {3808876b-c176-4e48-b7ae-04046e6cc752} */
static const uint8_t identifier[16] = {
    0x6b, 0x87, 0x08, 0x38, 0x76, 0xc1, 0x48, 0x4e, 0xb7, 0xae, 0x04, 0x04, 0x6e, 0x6c, 0xc7, 0x52};

bool vss_block_parse(struct bytes block, struct vss_block_head *out, struct err *err)
{
	const uint8_t *at = block.at;

	if (block.len < VSS_BLOCK_HEAD || memcmp(at, identifier, sizeof(identifier)) != 0)
		return fail(err, ERR_MISSING, "no block of shadow copies");
	*out = (struct vss_block_head){
	    .type = le32(at + 20),
	    .relative = le64(at + 24),
	    .current = le64(at + 32),
	    .next = le64(at + 40),
	    .details = le64(at + 48),
	};
	return true;
}

/* Brent's way to notice a loop: a mark that is set anew at every power of two. */
static bool is_loop(struct vss_chain *chain)
{
	if (chain->span && chain->next == chain->mark)
		return true;
	if (chain->steps == chain->span) {
		chain->mark = chain->next;
		chain->span = chain->span ? chain->span * 2 : 1;
		chain->steps = 0;
	}
	chain->steps++;
	return false;
}

bool vss_chain_next(struct vss_chain *chain, struct bytes *body, struct err *err)
{
	uint64_t offset = chain->next;
	struct vss_block_head head;

	if (offset == 0) {
		*body = (struct bytes){0};
		return true;
	}
	chain->next = 0;
	if (offset > UINT64_MAX - VSS_BLOCK)
		return fail(err, ERR_DAMAGED, "a block of shadow copies lies outside the volume");
	if (!source_read_patiently(chain->storage, offset, chain->data, VSS_BLOCK, err))
		return false;
	if (!vss_block_parse((struct bytes){chain->data, VSS_BLOCK}, &head, err) ||
	    head.type != (uint32_t)chain->type || head.current != offset)
		return fail(err, ERR_DAMAGED, "no block of type %d at byte %llu", (int)chain->type,
		    (unsigned long long)offset);
	chain->next = head.next;
	if (chain->next && is_loop(chain)) {
		chain->next = 0;
		return fail(err, ERR_DAMAGED, "a chain of blocks comes back to byte %llu",
		    (unsigned long long)head.next);
	}
	*body = (struct bytes){chain->data + VSS_BLOCK_HEAD, VSS_BLOCK - VSS_BLOCK_HEAD};
	return true;
}
