/* What every cmocka test includes, in the order that cmocka.h asks for. */
#ifndef KANSHIKI_TESTS_UNIT_H
#define KANSHIKI_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ours is core/err.h */

#include "core/compiler.h"

#endif
