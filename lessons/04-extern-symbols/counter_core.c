// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * counter_core - owns the counter, and lends it to other modules
 *
 * It has nothing to do when it is loaded or unloaded, so it has neither
 * an init nor an exit function.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "counter.h"

/* 1. Define the counter here, and export it. */

/* 3. Show it in a parameter. */

MODULE_DESCRIPTION("A counter for other modules");
MODULE_LICENSE("GPL");
