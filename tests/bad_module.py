# SPDX-License-Identifier: MIT
"""A module with a place for a mistake, as several tests build it."""

HEAD = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
MODULE_LICENSE("GPL");
"""

TAIL = """
module_init(bad_init);
module_exit(bad_exit);
"""


def line_of(source: str, text: str) -> int:
    return next(number for number, line in enumerate(source.splitlines(), start=1) if text in line)
