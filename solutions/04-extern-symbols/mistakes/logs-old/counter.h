/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counter.h - what counter_core lends to others
 */
#ifndef COUNTER_H
#define COUNTER_H

extern int shared_counter;

#endif
