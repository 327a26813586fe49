# SPDX-License-Identifier: MIT
# Read before Kbuild's own makefiles. Kbuild asks the compiler some thirty times which options it knows, by compiling
# nothing; that takes half of a small module's build, and the answers are always the same. This keeps them: one word
# a trial, in .trials-good and .trials-bad of the build folder.

kmodlab_nothing :=
kmodlab_space := $(kmodlab_nothing) $(kmodlab_nothing)
kmodlab_word = $(subst %,_,$(subst $(kmodlab_space),_,$(strip $(1))))

kmodlab_good := $(file <$(M)/.trials-good)
kmodlab_bad := $(file <$(M)/.trials-bad)

kmodlab_try = $(shell TMP=$(M)/.trial-$$$$; if ($(1)) >/dev/null 2>&1; then echo good; else echo bad; fi; rm -f "$$TMP")
kmodlab_keep = $(file >>$(M)/.trials-$(1),$(2))$(1)
kmodlab_ask = $(if $(filter $(2),$(kmodlab_good)),good,$(if $(filter $(2),$(kmodlab_bad)),bad,\
	$(call kmodlab_keep,$(call kmodlab_try,$(1)),$(2))))

# Usage as in scripts/Makefile.compiler: $(call try-run,COMMAND,ANSWER WHEN IT SUCCEEDS,ANSWER OTHERWISE)
override try-run = $(if $(filter good,$(call kmodlab_ask,$(1),$(call kmodlab_word,$(1)))),$(2),$(3))
