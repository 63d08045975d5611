/* The processes of a running Windows. See platform/process.h. */
#include "platform/process.h"

#include "platform/win/command_line.h"
#include "platform/win/edge.h"

#include <sddl.h>
#include <stdlib.h>
#include <tlhelp32.h>

#define PATH_UNITS 32768u
#define USERS_MAX  256 /* accounts remembered: asking a domain controller for each process is slow */

struct account {
	char *sid;
	char *name; /* "DOMAIN\name", "" when nobody knows */
};

struct accounts {
	struct account *at;
	size_t count;
	size_t room;
};

static void accounts_free_at(struct accounts *accounts)
{
	for (size_t i = 0; i < accounts->count; i++) {
		free(accounts->at[i].sid);
		free(accounts->at[i].name);
	}
	free(accounts->at);
}

static void process_free_at(struct process *process)
{
	text_free(&process->name);
	text_free(&process->path);
	text_free(&process->command_line);
	text_free(&process->user);
	text_free(&process->user_sid);
}

/* Keeps the first reason only. */
static void note(struct process *process, const struct err *why, const char *what)
{
	if (process->why.kind != ERR_NONE)
		return;
	process->why = *why;
	fail_in(&process->why, "%s", what);
}

static void look_up(PSID sid, struct text *out)
{
	wchar_t name[256];
	wchar_t domain[256];
	DWORD name_room = ARRAY_LEN(name);
	DWORD domain_room = ARRAY_LEN(domain);
	SID_NAME_USE use;

	if (!LookupAccountSidW(NULL, sid, name, &name_room, domain, &domain_room, &use))
		return;
	if (*domain) {
		text_add_wide(out, domain);
		text_addc(out, '\\');
	}
	text_add_wide(out, name);
}

/* Adds the name of an account, remembered from the last time if there was one. */
static void add_account(struct accounts *accounts, PSID sid, const char *sid_text, struct text *out)
{
	for (size_t i = 0; i < accounts->count; i++) {
		if (strcmp(accounts->at[i].sid, sid_text) != 0)
			continue;
		text_adds(out, accounts->at[i].name);
		return;
	}
	look_up(sid, out);
	if (!array_grow(&accounts->at, &accounts->room, accounts->count + 1, sizeof(*accounts->at),
		USERS_MAX, NULL))
		return;
	struct account *account = &accounts->at[accounts->count];

	account->sid = strdup(sid_text);
	account->name = strdup(text_string(out));
	if (account->sid && account->name) {
		accounts->count++;
		return;
	}
	free(account->sid);
	free(account->name);
}

static bool read_user(
    HANDLE handle, struct accounts *accounts, struct process *process, struct err *err)
{
	CLEANUP(handle_close) HANDLE token = NULL;
	_Alignas(TOKEN_USER) uint8_t room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	TOKEN_USER *user = (TOKEN_USER *)(void *)room;
	wchar_t *sid = NULL;
	DWORD n = 0;

	if (!OpenProcessToken(handle, TOKEN_QUERY, &token) ||
	    !GetTokenInformation(token, TokenUser, room, sizeof(room), &n) ||
	    !ConvertSidToStringSidW(user->User.Sid, &sid))
		return system_fail(err, GetLastError());
	text_add_wide(&process->user_sid, sid);
	LocalFree(sid);
	add_account(accounts, user->User.Sid, text_string(&process->user_sid), &process->user);
	return true;
}

static bool read_path(HANDLE handle, struct process *process, struct err *err)
{
	CLEANUP(free_memory) wchar_t *path = malloc(PATH_UNITS * sizeof(*path));
	DWORD len = PATH_UNITS;

	if (!path)
		return fail(err, ERR_MEMORY, "no memory for its path");
	if (!QueryFullProcessImageNameW(handle, 0, path, &len))
		return system_fail(err, GetLastError());
	text_add_units(&process->path, path, len);
	return true;
}

static void read_start(HANDLE handle, struct process *process)
{
	FILETIME created;
	FILETIME exited;
	FILETIME kernel;
	FILETIME user;

	if (GetProcessTimes(handle, &created, &exited, &kernel, &user))
		process->started = (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
}

static void read_process(struct accounts *accounts, struct process *process)
{
	struct err why = {0};
	DWORD session = 0;
	CLEANUP(handle_close)
	HANDLE handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process->pid);

	if (ProcessIdToSessionId(process->pid, &session))
		process->session = session;
	if (!handle) {
		system_fail(&why, GetLastError());
		note(process, &why, "cannot open it");
		return;
	}
	read_start(handle, process);
	if (!read_path(handle, process, &why))
		note(process, &why, "cannot read its path");
	if (!command_line_read(process->pid, handle, &process->command_line, &why))
		note(process, &why, "cannot read its command line");
	if (!read_user(handle, accounts, process, &why))
		note(process, &why, "cannot read its user");
}

bool process_list(bool (*each)(void *context, const struct process *process, struct err *err),
    void *context, struct err *err)
{
	CLEANUP(handle_close) HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	CLEANUP(accounts_free) struct accounts accounts = {0};
	PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};

	if (snapshot == INVALID_HANDLE_VALUE || !Process32FirstW(snapshot, &entry)) {
		system_fail(err, GetLastError());
		return fail_in(err, "cannot list the processes");
	}
	do {
		CLEANUP(process_free)
		struct process process = {.pid = entry.th32ProcessID,
		    .parent = entry.th32ParentProcessID,
		    .threads = entry.cntThreads};

		text_add_wide(&process.name, entry.szExeFile);
		read_process(&accounts, &process);
		if (!each(context, &process, err))
			return false;
	} while (Process32NextW(snapshot, &entry));
	return true;
}
