# warmline: two commands matter to a newcomer.
#   make run     install what is missing, build, start everything on this machine
#   make test    build and run every test; the last line is "N passed, N failed"
# Also: make, make check (quick), make SAN=address,undefined check|test, make tidy, make format,
#       make vectors V=FILE, make fuzz, make bench, make install DESTDIR=...

# Debian 12 packages. docker/Dockerfile installs the same lists (a test compares them).
PKG_BUILD := build-essential pkg-config libevent-dev libhiredis-dev libcurl4-openssl-dev \
	libjansson-dev libyaml-dev libsodium-dev libssl-dev libicu-dev uthash-dev python3
PKG_RUN   := redis-server tzdata ca-certificates
PKG_TEST  := libcmocka-dev kannel python3 python3-cryptography python3-pytest python3-pytest-xdist \
	python3-redis python3-requests python3-twilio python3-yaml
PKG_TIDY  := clang-tidy clang-format universal-ctags

SAN     ?= none
# V=1 shows the whole commands. (make vectors takes a file in V instead.)
Q       := $(if $(filter 1,$(V)),,@)
# CONTROLS=1 builds the negative controls of tests/system/test_controls.py in. Never for service.
CONTROLS ?=
comma   := ,
CONFIG  := $(if $(filter none,$(SAN)),release,$(subst $(comma),-,$(SAN)))$(if $(CONTROLS),-controls)
B       := build/$(CONFIG)
# Builds use every processor, unless -j said otherwise.
BUILD   = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

prefix  ?= /usr
sysconfdir ?= /etc

CC      ?= gcc
LIBS    := libevent_core libevent_extra hiredis libcurl jansson yaml-0.1 libsodium libcrypto icu-uc
# Third-party headers are system headers: our warnings are for our code.
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(LIBS) 2>/dev/null))
PKG_LIBS   := $(shell pkg-config --libs $(LIBS) 2>/dev/null)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wformat=2 -Wundef -Wvla -Wcast-qual -Wpointer-arith -Wwrite-strings \
	-Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion -Werror
TEST_WARN := -Wall -Wextra -Wformat=2 -Wundef -Wvla -Werror
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
	-ftrivial-auto-var-init=zero -fno-strict-aliasing -fno-delete-null-pointer-checks
ifeq ($(SAN),none)
MODE := -O2 -D_FORTIFY_SOURCE=3 $(HARDEN)
else
MODE := -O1 -fsanitize=$(SAN) -fno-sanitize-recover=all
endif
CFLAGS  += -std=c17 -D_GNU_SOURCE -DHASH_FUNCTION=HASH_SAX $(MODE) -g -fno-omit-frame-pointer -fPIE \
	-Iinclude -I. -I$(B)/gen $(PKG_CFLAGS) $(if $(CONTROLS),-DWARMLINE_CONTROLS)
LDFLAGS += -pie -Wl,-z,relro,-z,now,-z,noexecstack $(if $(filter none,$(SAN)),,-fsanitize=$(SAN))

ROOMS    := core platform providers
LIB_SRC  := $(foreach r,$(ROOMS),$(wildcard $(r)/*.c) $(wildcard $(r)/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
LIB      := $(B)/libwarmline.a
DAEMON_SRC := $(wildcard gateway/*.c scheduler/*.c simulator/*.c ctl/*.c)
PROGRAMS := $(B)/bin/warmline $(B)/bin/warmline-gateway $(B)/bin/warmline-scheduler $(B)/bin/warmline-carrier
# What tests may link besides the library: every file of the daemons but their main().
ROOM_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out %/main.c,$(DAEMON_SRC)))

LUA_SRC  := $(sort $(wildcard functions/*.lua))
PAGE_SRC := $(sort $(wildcard simulator/page/*))

UNIT     := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
PLATFORM_TESTS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/platform/test_*.c tests/functions/test_*.c))
SIM      := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/sim/test_*.c))
TEST_LIB := $(patsubst %.c,$(B)/%.o,$(wildcard tests/lib/*.c tests/sim/world*.c tests/fuzz/provider_*.c))
FUZZ     := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/fuzz/fuzz_*.c))
VECTORS  := $(B)/tests/tools/vectors_run

.DEFAULT_GOAL := all
.PHONY: all run test check vectors test-system tidy format fuzz bench install clean packages packages-test size pure

all: packages
	+@$(BUILD) programs

.PHONY: programs
programs: $(PROGRAMS)
	@:

packages:
	@tools/packages "build and run warmline" $(PKG_BUILD) $(PKG_RUN)

packages-test: packages
	@tools/packages "test warmline" $(PKG_TEST)

run: packages
	+@$(BUILD) programs
	@exec $(B)/bin/warmline up

# --- how things are built ---------------------------------------------------------------------

$(B)/gen/functions.inc: tools/embed $(LUA_SRC)
	@mkdir -p $(@D)
	$(Q)tools/embed functions_lua $(LUA_SRC) > $@.tmp && mv $@.tmp $@

$(B)/gen/page.inc: tools/embed $(PAGE_SRC)
	@mkdir -p $(@D)
	$(Q)tools/embed --each page $(PAGE_SRC) > $@.tmp && mv $@.tmp $@

GENERATED := $(if $(LUA_SRC),$(B)/gen/functions.inc) $(if $(PAGE_SRC),$(B)/gen/page.inc)

# libcrypto's headers name a parameter `rand`, which banned.h forbids: they come first here.
$(B)/providers/digest.o $(B)/providers/jwt.o: CFLAGS += -include openssl/evp.h -include openssl/pem.h

$(B)/tests/%.o: tests/%.c | $(GENERATED)
	@mkdir -p $(@D)
	@echo '  cc $<'
	$(Q)$(CC) $(CFLAGS) $(TEST_WARN) -MMD -MP -c $< -o $@

$(B)/%.o: %.c include/warmline/banned.h | $(GENERATED)
	@mkdir -p $(@D)
	@echo '  cc $<'
	$(Q)$(CC) $(CFLAGS) $(WARN) -include warmline/banned.h -MMD -MP -c $< -o $@

$(LIB): $(LIB_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^

link = @mkdir -p $(@D); echo '  link $@'; $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(PKG_LIBS) -lpthread -lm

define program
$(B)/bin/$(1): $(patsubst %.c,$(B)/%.o,$(wildcard $(2)/*.c)) $(LIB)
	$$(link)
endef
$(eval $(call program,warmline,ctl))
$(eval $(call program,warmline-gateway,gateway))
$(eval $(call program,warmline-scheduler,scheduler))
$(eval $(call program,warmline-carrier,simulator))

# A test links only what it names: the library is an archive, the daemons' rooms another.
$(B)/librooms.a: $(ROOM_OBJ)
	$(Q)rm -f $@ && ar rcs $@ $^
$(B)/libtest.a: $(TEST_LIB)
	$(Q)rm -f $@ && ar rcs $@ $^
$(UNIT) $(PLATFORM_TESTS) $(SIM): $(B)/tests/%: $(B)/tests/%.o $(LIB) $(B)/librooms.a $(B)/libtest.a
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $< $(B)/libtest.a $(B)/librooms.a $(LIB) $(PKG_LIBS) -lcmocka -lpthread -lm

$(VECTORS): $(patsubst %.c,$(B)/%.o,$(wildcard tests/tools/*.c)) $(B)/tests/lib/vectors.o $(LIB)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(PKG_LIBS) -lcmocka -lpthread -lm

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# --- tests ------------------------------------------------------------------------------------

.PHONY: test-programs controls
# Fuzzers are compiled along, so that they keep up with what they include.
test-programs: $(PROGRAMS) $(UNIT) $(PLATFORM_TESTS) $(SIM) $(VECTORS) $(FUZZ:%=%.o)

# The tests that must fail when a negative control is on (tests/system/test_controls.py).
controls: $(addprefix $(B)/tests/,platform/test_store platform/test_store_outbox platform/test_spool_powercut unit/test_twilio)

check: packages-test
	+@$(BUILD) pure $(UNIT) $(SIM)
	@tools/run-tests --seeds 100 --build $(B) unit sim

test: packages-test
	+@$(BUILD) pure test-programs
	+@$(BUILD) CONTROLS=1 controls
	@tools/run-tests --seeds 1000 --build $(B) unit sim functions platform system

# Test vectors against the adapters: a file or folder, make vectors V=/path/to/telnyx.json
vectors: packages-test
	+@$(BUILD) $(VECTORS)
	@$(VECTORS) $(or $(filter-out 1,$(V)),tests/vectors)

pure:
	@! grep -nE '#[[:space:]]*include[[:space:]]*[<"](event2?/|hiredis|curl/|sys/socket|netinet|arpa/|sys/(stat|file|mman|epoll|un)|fcntl|unistd|dirent|stdio_ext|warmline/(store|spool|http_|seal|redis))' core/*.c core/*.h core/*/*.c core/*/*.h 2>/dev/null \
	  || { echo "core/ must stay pure: the lines above include I/O headers"; exit 1; }

# What the analyzer must know; clang does not have every option of gcc.
TIDY_FLAGS = -std=c17 $(filter-out -D_FORTIFY_SOURCE=%,$(filter -D% -I%,$(CFLAGS))) $(PKG_CFLAGS) -include openssl/evp.h -include warmline/banned.h

tidy: packages-test
	@tools/packages "check the code" $(PKG_TIDY)
	@$(MAKE) --no-print-directory pure $(GENERATED)
	@tools/size-check
	@clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h')
	@printf '%s\n' $(LIB_SRC) $(DAEMON_SRC) | xargs -P2 -I{} clang-tidy --quiet {} -- $(TIDY_FLAGS) 2>/dev/null

format:
	@tools/packages "format the code" $(PKG_TIDY)
	clang-format -i $$(git ls-files '*.c' '*.h')

# Fuzzers are built by clang; gcc's warnings have been answered elsewhere.
fuzz: packages-test
	@tools/packages "fuzz the parsers" clang
	@$(MAKE) --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined WARN=-w TEST_WARN=-w fuzz-run

.PHONY: fuzz-run
fuzz-run: $(FUZZ)
	@tools/fuzz $(FUZZ)

$(FUZZ): $(B)/tests/%: $(B)/tests/%.o $(LIB) $(B)/librooms.a $(B)/libtest.a
	@echo '  link $@'
	@$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< $(B)/libtest.a $(B)/librooms.a $(LIB) $(PKG_LIBS) -lcmocka -lpthread -lm

BENCH := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c))
$(BENCH): $(B)/bench/%: bench/%.c $(LIB) $(B)/librooms.a
	@mkdir -p $(@D)
	@echo '  link $@'
	$(Q)$(CC) $(CFLAGS) $(TEST_WARN) $(LDFLAGS) -o $@ $< $(B)/librooms.a $(LIB) $(PKG_LIBS) -lpthread -lm

bench: packages-test
	+@$(BUILD) programs $(BENCH)
	@bench/run $(B)

# --- install ----------------------------------------------------------------------------------

install: all
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/share/man/man1 $(DESTDIR)$(prefix)/share/man/man8
	install -d $(DESTDIR)$(sysconfdir)/warmline $(DESTDIR)$(prefix)/lib/systemd/system
	install -m 755 $(PROGRAMS) $(DESTDIR)$(prefix)/bin/
	install -m 644 $(wildcard docs/man/*.1) $(DESTDIR)$(prefix)/share/man/man1/
	install -m 644 $(wildcard docs/man/*.8) $(DESTDIR)$(prefix)/share/man/man8/
	install -m 644 $(wildcard config/systemd/*) $(DESTDIR)$(prefix)/lib/systemd/system/
	cp -rn config/warmline.yaml config/providers config/programs config/wording config/lexicons $(DESTDIR)$(sysconfdir)/warmline/

clean:
	rm -rf build
