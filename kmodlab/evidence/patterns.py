# SPDX-License-Identifier: MIT
"""How the kernel's reports begin, what their lines look like, and what each kind of report means.

The wording is the kernel's own, of 5.10 to 6.12 and later (mm/slub.c, lib/bug.c, arch/x86/mm/fault.c,
kernel/watchdog.c, …). All patterns are matched from a line's beginning, so a module that prints "hello: BUG: …" does
not look like a report.
"""

import re

from kmodlab.evidence import lockdep
from kmodlab.evidence.header import Header, header
from kmodlab.evidence.lockdep import CODE
from kmodlab.kernels.architecture import ARCHITECTURE

_FREED_USE = "{who} {touched} memory that had been freed already."
BAD_FREE = "{who} freed a pointer that is no allocated object: only what kmalloc() returned may be freed."
_SLAB = r"BUG (?P<cache>\S+) \([^)]*\): "

HEADERS: tuple[Header, ...] = (
    # Memory, as SLUB's own checks tell it (boot with slub_debug=FZPU).
    header(
        "double-free",
        # The second is said of an object on a slab that has no other one in use.
        _SLAB + r"(?:Object already free|Slab has \d+ allocated objects but \d+ are to be freed)",
        "{who} freed an object of {cache} that had been freed before.",
    ),
    header("double-free", r"kernel BUG at mm/slub\.c:", "{who} freed the same object twice in a row."),
    header(
        "double-free",
        r"BUG: (?:KASAN: double-free|KFENCE: double free)",
        "{who} freed the same object twice.",
    ),
    header("invalid-free", _SLAB + "(?:Invalid object pointer|Attempt to free object)", BAD_FREE),
    header("invalid-free", r"BUG: (?:KASAN: invalid-free|KFENCE: invalid free)", BAD_FREE),
    header("invalid-free", r"WARNING: .*\bfree_large_kmalloc\+", BAD_FREE),
    header(
        "invalid-free",
        r"Trying to vfree\(\) (?:nonexistent vm area|bad address)",
        "{who} gave vfree() a pointer that did not come from vmalloc().",
    ),
    header(
        "use-after-free",
        _SLAB + r"(?:(?:End )?Poison overwritten|Free(?:chain|pointer) corrupt|Freelist Pointer)",
        "An object of {cache} was written to after it had been freed{extent}.",
    ),
    header("use-after-free", r"BUG: (?:KASAN|KFENCE): (?:\w+-)?use-after-free", _FREED_USE),
    header(
        "overflow",
        _SLAB + r"Left Redzone overwritten",
        "Memory in front of an object of {cache} was written to{extent}: an index or a pointer went below its start.",
    ),
    header(
        "overflow",
        _SLAB + r"(?:.*Redzone|.*[Pp]adding) overwritten",
        "Memory behind an object of {cache} was written to{extent}: it is too small for what is put into it.",
    ),
    header(
        "leak",
        _SLAB + r"Objects remaining",
        "The cache {cache} was destroyed while objects of it were still allocated; they are lost.",
    ),
    header("bug", _SLAB + r"(?P<text>.*)", "The allocator's own records of {cache} are damaged: {text}."),
    header(
        "overflow",
        r"BUG: (?:KASAN: [\w-]*out-of-bounds|KFENCE: (?:out-of-bounds|memory corruption))",
        "{who} went beyond the bounds of an object{extent}.",
    ),
    header(
        "overflow",
        r"detected buffer overflow in |\w+: detected (?:buffer overflow|field-spanning write)",
        "{who} made a copy that does not fit its target; the kernel noticed it in time.",
    ),
    header(
        "overflow",
        r"usercopy: Kernel memory (?:exposure|overwrite) attempt detected",
        "{who} copied more between kernel and program than the buffer holds; the kernel stopped it.",
    ),
    header(
        "overflow",
        r"Buffer overflow detected \((?P<room>\d+) < (?P<size>\d+)\)!",
        "{who} tried to copy {size} bytes between kernel and program with a buffer of {room} bytes.",
    ),
    header(
        "overflow",
        r"UBSAN: array-index-out-of-bounds in ",
        "{who} used an index that the array does not have{index}.",
    ),
    header("warn", r"UBSAN: (?P<text>[\w -]+?) in ", "{who} did something that C does not define: {text}."),
    header(
        "overflow",
        r"BUG: .*stack guard page was hit|kernel stack overflow",
        "{who} used up the kernel stack, which holds 16 KiB: a recursion without end, or a big local array.",
    ),
    # Lists and counters.
    header(
        "list-corruption",
        r"list_add (?:double add|corruption\. new)",
        "{who} added a node to a list that it is in already.",
    ),
    header(
        "list-corruption",
        r"list_del corruption.*LIST_POISON",
        "{who} removed a node from its list twice.",
    ),
    header(
        "list-corruption",
        r"list_(?:add|del) corruption",
        "{who} met a list whose links do not fit: a node was freed, overwritten, or changed without a lock.",
    ),
    header(
        "refcount", r"refcount_t: addition on 0", "{who} took a reference to an object that is already gone."
    ),
    header("refcount", r"refcount_t: underflow", "{who} gave back more references than were taken."),
    header(
        "refcount",
        r"refcount_t: decrement hit 0",
        "{who} dropped the last reference with a call that does not free, so the object is lost.",
    ),
    header("refcount", r"refcount_t: (?P<text>.*)", "{who} mishandled a reference counter ({text})."),
    # Sleeping where it is forbidden.
    header(
        "sleep-in-atomic",  # as modules/kmodlab tells it
        r"kmodlab: sleep-in-atomic: (?P<callee>\w+) called by (?P<culprit>[A-Za-z_][\w.$]*)"
        r"\+0x(?P<offset>[0-9a-f]+)/0x(?P<size>[0-9a-f]+) \[(?P<module>\w+)\] (?P<state>.*)",
        "{who} called {callee}(), which may sleep, {state}.",
        one_line=True,
    ),
    header(
        "sleep-in-atomic",
        r"BUG: (?:scheduling while atomic|Invalid wait context)|\[ BUG: Invalid wait context",
        "{who} slept where sleeping is forbidden: while it holds a spinlock, or in an interrupt.",
    ),
    header(
        "sleep-in-atomic",
        r"BUG: sleeping function called from invalid context",
        "{who} called a function that may sleep where sleeping is forbidden: under a spinlock, or in an interrupt.",
    ),
    # Faults. What they mean lies in the address.
    header("null-deref", r"(?:BUG: kernel|Unable to handle kernel) NULL pointer dereference", ""),
    header("null-deref", r"BUG: KASAN: null-ptr-deref", "{who} used a NULL pointer."),
    header("page-fault", r"BUG: unable to handle (?:page fault|kernel paging)", ""),
    header("page-fault", r"BUG: KASAN: |Unable to handle kernel ", ""),
    header("gpf", r"(?:Oops: )?general protection fault", ""),
    header("gpf", r"(?:Oops: )?stack segment: ", ""),
    # Code that stopped itself, or that the processor refused.
    header(
        "bug",
        r"kernel BUG at (?P<place>\S+?)!",
        "{who} came to a BUG() at {place}: something that must never happen did, so the kernel killed the program.",
        generic=True,
    ),
    header("bug", r"(?:Oops: )?divide[ _]error: ", "{who} divided by zero."),
    header(
        "bug",
        r"BUG: Bad page (?:state|map)",
        "{who} freed a page that is still in use, or freed it twice.",
    ),
    header("bug", r"BUG: spinlock (?P<text>[\w ]+)", "{who} misused a spinlock: {text}."),
    header(
        "bug",
        r"(?:Oops: )?invalid opcode: |Oops: invalid opcode",
        "{who} ran into an invalid instruction.",
        generic=True,
    ),
    header("bug", r"Oops(?: -|:) |Internal error: ", "{who} made the processor stop it.", generic=True),
    # Code that does not come back.
    header(
        "soft-lockup",
        r"watchdog: BUG: soft lockup - CPU#\d+ stuck for (?P<seconds>\d+)s! \[(?P<task>[^\]]*)",
        "{who} kept a processor busy for {seconds} s and let nothing else run there: {spin}.",
        fatal=True,
    ),
    header(
        "rcu-stall",
        r"(?:rcu: )?INFO: rcu\w* (?:self-)?detected (?:expedited )?stall",
        "{who} kept a processor so busy that the kernel could not do its own work there: {spin}.",
        fatal=True,
    ),
    header(
        "hung-task",
        r"INFO: task (?P<task>.+?):\d+ blocked (?:in I/O wait )?for more than (?P<seconds>\d+) seconds",
        "{who} has been asleep for more than {seconds} s: {wait}.",
        fatal=True,
    ),
    header(
        "hang",
        r"watchdog: .*hard LOCKUP|NMI watchdog: .*hard LOCKUP",
        "{who} kept a processor busy with interrupts off: {spin}.",
        fatal=True,
    ),
    header(
        "hang",
        r"Kernel panic - not syncing: NMI: Not continuing",
        "{who} was still running when the lab stopped the machine: {spin}.",
        fatal=True,
    ),
    header("hang", r"BUG: workqueue lockup", "A work item has kept its queue busy for too long.", fatal=True),
    header(
        "hang",
        r"unregister_netdevice: waiting for (?P<device>\S+)",
        "The network device {device} cannot go: somebody still holds a reference to it.",
        fatal=True,
        one_line=True,
    ),
    header(
        "panic",
        r"Kernel panic - not syncing: (?:Fatal exception|Attempted to kill)",
        "The kernel stopped for good because of the error before.",
        fatal=True,
    ),
    header(
        "panic",
        r"Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: (?P<culprit>\w+)",
        "{culprit}() wrote beyond the end of a local array, and the kernel stopped for good.",
        fatal=True,
    ),
    header(
        "panic",
        r"Kernel panic - not syncing: (?P<text>.*)",
        "The kernel stopped for good: {text}.",
        fatal=True,
    ),
    header(
        "panic",
        r"(?:traps: )?PANIC: double fault",
        "{who} made the processor fail twice in a row.",
        fatal=True,
    ),
    # Loading.
    header(
        "bad-init-return",
        r"\w+: '(?P<module>[^']+)'->init suspiciously returned (?P<value>-?\d+)",
        "The init function of {module} returned {value}; it must return 0, or a negative error such as -ENOMEM.",
    ),
    header(
        "load-error",
        r"(?P<module>\S+): Unknown symbol (?P<symbol>\S+) \(err -?(?P<error>\d+)\)",
        "{module} needs the symbol {symbol}, {lack}.",
        one_line=True,
    ),
    header(
        "load-error",
        r"(?P<module>\S+): disagrees about version of symbol (?P<symbol>\S+)",
        "{module} was built against another version of {symbol} than the one that is loaded.",
        one_line=True,
    ),
    header(
        "load-error",
        r"(?P<module>\S+): version magic '(?P<built>[^']*)' should be '(?P<running>[^']*)'",
        "{module} was built for another kernel than the one that runs.",
        one_line=True,
    ),
    header(
        "load-error",
        r"(?P<module>\S+): exports duplicate symbol (?P<symbol>\S+) \(owned by (?P<owner>\S+)\)",
        "{module} exports {symbol}, but {owner} exports that name already.",
        one_line=True,
    ),
    # Warnings, and complaints that come with a call trace of their own.
    header(
        "warn",
        r"kmem_cache_destroy (?P<cache>\S+): Slab cache still has objects",
        "{who} destroyed the cache {cache} while objects of it were still allocated.",
    ),
    header(
        "warn",
        r"initcall (?P<culprit>\w+)\+\S+(?: \[(?P<module>\w+)\])? returned with "
        r"(?P<state>preemption imbalance|disabled interrupts)",
        "{culprit}() returned with a lock still held or interrupts still off ({state}).",
    ),
    header(
        "warn",
        r"WARNING: .*\bremove_proc_entry\+",
        "{who} removed an entry from /proc that does not exist{said}.",
        generic=True,
    ),
    header(
        "warn",
        r"(?:sysfs: cannot create duplicate filename|proc_dir_entry) '(?P<name>[^']*)'",
        "{who} registered the name {name}, which exists already.",
    ),
    header(
        "warn",
        r"remove_proc_entry: removing non-empty directory '(?P<name>[^']*)'",
        "{who} removed the directory {name} while entries were still in it.",
    ),
    header(
        "warn",
        r"kobject: .*(?:tried to init an initialized object|is not initialized)",
        "{who} used a kobject that was set up twice or not at all.",
    ),
    *lockdep.HEADERS,
    header(
        "warn",
        r"INFO: trying to register non-static key",
        "{who} used a lock that was never initialised.",
    ),
    header(
        "warn",
        r"WARNING: (?:CPU: \d+ PID: \d+ at )?(?P<place>\S+:\d+)\b",
        "{who} made the kernel warn at {place}{said}.",
        generic=True,
    ),
    header("bug", r"BUG: (?P<text>.*)", "{who} made the kernel report a bug: {text}."),
)

# How die() numbers what it reports, as in `Oops: 0002 [#1] PREEMPT SMP NOPTI` (arch/x86/kernel/dumpstack.c)
OOPS = re.compile(r": [0-9a-f]{4} \[#\d+\]")

# Not a mistake though they begin like one.
IGNORED = re.compile(
    r"INFO: lockdep is turned off|INFO: NMI handler|WARNING: Unprivileged eBPF|WARNING: Spectre|BUG: .*: Disabled"
)

# To know in one step that a line begins no report.
_ALL = "|".join(re.sub(r"\(\?P<\w+>", "(?:", known.pattern.pattern) for known in HEADERS)
ANY_HEADER = re.compile(f"(?:{_ALL})")

CUT_HERE = "------------[ cut here ]------------"
RULER = re.compile(r"={40,}$")  # SLUB and KASAN draw one above a report
# From 6.12 on SLUB says first what it found, in a line of its own, and the report then only that an object is corrupt.
DAMAGE = re.compile(r"\[(?P<what>[\w ]+)\] 0x[0-9a-f]+-0x[0-9a-f]+ @offset")
DAMAGED = re.compile(r"(?P<slab>BUG \S+ \([^)]*\): )Object corrupt")
END_OF_TRACE = re.compile(r"---\[ end trace|\s*</(?:TASK|IRQ)>|---\[ end Kernel panic")
OVERWRITTEN = re.compile(
    r"(?:INFO: |\[[\w ]+\] )?0x(?P<first>[0-9a-f]+)-0x(?P<last>[0-9a-f]+)(?: @offset=\d+)?\. "
    r"First byte (?P<value>0x[0-9a-f]+)"
)
END_OF_REPORT = "---[ end trace"  # what follows repeats the registers

MODULE_SPACE = ARCHITECTURE.module_space

TRACE_LINE = re.compile(rf" *(?:\[<[0-9a-f]+>\] )?(?P<stale>\? )?{CODE}(?: \([A-Z]+\))?$")
INSTRUCTION = re.compile(rf"(?:RIP: 0010:|pc : ){CODE}")
OBJECT_STACK = re.compile(
    rf"(?:INFO: )?(?P<role>Allocated|Freed|allocated|freed) (?:in {CODE} age=|by task \d+)"
)

BODY = re.compile(
    r"\s*$|[ \t]|-{20,}$|CPU: \d|Hardware name: |RIP: |Code: |R[A-Z0-9]{2}: |(?:[CDEFGS]S|[CD]R\d|PKRU): "
    r"|#PF: |PGD |Oops|Call [Tt]race:|\[<|---\[ end|note: \S+\[\d+\] exited|Fixing recursive fault|Modules linked in"
    r"|(?:INFO: )?(?:Slab|Object|Allocated|Freed) |Redzone|Padding|Bytes b4|FIX |Disabling lock debugging"
    r"|(?:INFO: |\[[\w ]+\] )?0x[0-9a-f]+-0x[0-9a-f]+ @offset"
    r"|rcu: |Sending NMI|NMI backtrace|task:|\"echo 0 > |Tainted: |Not tainted|Workqueue: |Showing (?:all|busy)"
    r"|in_atomic\(\)|preempt_count: |RCU nest depth|Preemption disabled at|\d+ locks? held by|irq event stamp"
    r"|hardirqs last|softirqs last|INFO: lockdep is turned off|INFO: task .* is blocked on"
    r"|Kernel Offset|Rebooting in|Shutting down|Kernel panic - not syncing: panic_on"
    r"|\S+/\d+ (?:is |\[HC)|but task is|which lock already|the existing dependency|-> #\d|other info that"
    r"|stack backtrace:|[0-9a-f]{16} \(|inconsistent \{|\{\S+\} state was|no locks? held by|\d+\.\d+\S* #\d"
    r"|\S+:\d+ suspicious|Last potentially|Second to last|This frame has"
    r"|\w+: loading module anyway|object pointer: |(?:Read|Write) of size|Allocated by|Freed by|allocated by|freed by"
    r"|The buggy address|Memory state|which belongs to|page:|flags: |raw: |>?ffff[0-9a-f]+: |page dumped because"
    r"|kfence-#|invalid opcode: |general protection fault|Mem abort info|pc : |lr : |sp : |x\d+ ?: |pstate: "
    r"|kobject_add_internal failed|KASAN: |index -?\d+ is out|shift exponent |load of value "
)
HEX_DUMP = re.compile(r"(?:Redzone|Object|Padding|Bytes b4)\s+(?:0x)?[0-9a-f]{8,16}: |\s*>?ffff[0-9a-f]+: ")
