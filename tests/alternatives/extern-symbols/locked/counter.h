/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mutex is exported beside the counter that it protects. */
#ifndef _COUNTER_H
#define _COUNTER_H

#include <linux/mutex.h>

extern struct mutex shared_lock;
extern int shared_counter;

#endif
