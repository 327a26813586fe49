/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The users call a function of the core, which is exported, too. */
#pragma once

extern int shared_counter;

int counter_add(int by);
