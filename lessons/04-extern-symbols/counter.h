/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counter.h - what counter_core lends to others
 */
#ifndef COUNTER_H
#define COUNTER_H

/* 2. Declare the counter here: it exists, somewhere. */

#endif
