/* What storage shares on both systems. See storage.h. */
#include "platform/storage.h"

void storage_disk_free(struct storage_disk *disk)
{
	text_free(&disk->vendor);
	text_free(&disk->model);
	text_free(&disk->serial);
}

void storage_place_free(struct storage_place *place)
{
	text_free(&place->file_system);
	storage_disk_free(&place->disk);
}
