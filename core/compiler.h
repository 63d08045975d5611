/* The few compiler extensions that the house uses, named once. Works in gcc, clang and mingw. */
#ifndef KANSHIKI_CORE_COMPILER_H
#define KANSHIKI_CORE_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED     __attribute__((unused))
/* Says that a MUST_CHECK result is of no use here: gcc does not take a (void) for it. */
#define DISCARD(result) ((void)!(result))

/* mingw's default printf archetype does not know %zu; with __USE_MINGW_ANSI_STDIO gnu_printf is true. */
#ifdef __clang__
#define PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#else
#define PRINTF(format_at, args_at) __attribute__((format(gnu_printf, format_at, args_at)))
#endif
#define FORMAT_ARG(at) __attribute__((format_arg(at)))

/* CLEANUP(text_free) struct text t = {0}; runs text_free_at(&t) when t leaves its scope. A type offers
 * this by a function NAME_at(TYPE *) which accepts the zero value. For pointers, define it with
 * CLEANUP_POINTER(type, free_function), which makes free_function_at. */
#define CLEANUP(function) __attribute__((cleanup(function##_at)))
#define CLEANUP_POINTER(type, function)             \
	static inline void function##_at(type **at) \
	{                                           \
		if (*at)                            \
			function(*at);              \
	}                                           \
	_Static_assert(1, "")

/* Passes ownership on: yields the pointer and sets the variable to NULL. */
#define TAKE(pointer)                                  \
	({                                             \
		__typeof__(pointer) take_ = (pointer); \
		(pointer) = NULL;                      \
		take_;                                 \
	})

#define ARRAY_LEN(array) (sizeof(array) / sizeof(*(array)))

#endif
