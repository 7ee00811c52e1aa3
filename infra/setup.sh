#!/bin/sh
# Brings a fresh Debian or Ubuntu to where `python -m infra.local` runs; with --for-tests as the only argument, to
# where the tests run; with --for-release, to where functions and widget are built; with --for-aws, to where accounts
# are made on AWS. Takes that program's options and looks at --data-dir only. Does nothing, quickly, when everything is
# there.
set -eu

cd "$(dirname "$0")/.."

fail() {
	printf 'parley: %s\n' "$1" >&2
	exit 1
}

say() {
	printf '%s\n' "$1" >&2
}

is_root() {
	[ "$(id -u)" = 0 ]
}

apt_lists_are_fresh=no
apt_install() {
	say "Installing $* with apt …"
	if [ "$apt_lists_are_fresh" = no ]; then
		apt-get update -qq >&2 || fail 'apt-get update failed'
		apt_lists_are_fresh=yes
	fi
	# Without a terminal of dpkg's own, its complaints stay on the standard error and the rest is left out.
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/dev/null ||
		fail "apt-get could not install $*"
}

# --- the system -----------------------------------------------------------------------------

check_system() {
	family=
	if [ -r "${OS_RELEASE:-/etc/os-release}" ]; then
		family=$(. "${OS_RELEASE:-/etc/os-release}" && printf ' %s %s ' "${ID:-}" "${ID_LIKE:-}")
	fi
	case $family in
	*' debian '* | *' ubuntu '*) ;;
	*) fail 'supported are Debian 12 and later, Ubuntu 24.04 and later, and their relatives, with Python 3.11 or later' ;;
	esac
}

# --- Python and the packages of the lock file -----------------------------------------------

is_new_enough() {
	"$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
	for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
		if command -v "$candidate" >/dev/null && is_new_enough "$candidate"; then
			command -v "$candidate"
			return
		fi
	done
}

make_environment() {
	python=$(find_python)
	if [ -z "$python" ] && is_root; then
		apt_install python3 python3-venv
		python=$(find_python)
	fi
	[ -n "$python" ] || fail 'Python 3.11 or later is needed: install the package python3 (Debian 12 and Ubuntu 24.04 have it)'
	if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
		package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
		is_root || fail "the package $package is needed: sudo apt-get update && sudo apt-get install $package"
		apt_install "$package"
	fi
	"$python" -m venv --clear .venv || fail "$python could not make .venv"
}

# install_packages LOCKFILE SIZE: the packages of that lock file, unless they are there.
install_packages() {
	if ! { [ -x .venv/bin/python ] && is_new_enough .venv/bin/python; }; then
		make_environment
	fi
	stamp=.venv/installed-$1
	if [ -r "$stamp" ] && cmp -s "$1" "$stamp"; then
		return
	fi
	say "Installing the Python packages of $1 into .venv ($2 to download, once) …"
	# --no-deps: the lock is complete, and pip alone would insist on a package that the lock leaves out.
	.venv/bin/python -m pip install --quiet --progress-bar off --disable-pip-version-check \
		--require-hashes --no-deps -r "$1" >&2 ||
		fail 'pip could not install the packages; see its message above'
	# Our packages are imported by their own names from functions/ (infra/adr/0001), wherever the checkout is moved.
	for packages in .venv/lib/python3*/site-packages; do
		if [ -d "$packages" ]; then
			echo ../../../../functions >"$packages/parley.pth"
		fi
	done
	cp "$1" "$stamp"
}

# speaks_through_aws: whether the environment gives the worker AWS's models and voices (media_worker/providers/vendors.py).
speaks_through_aws() {
	[ -n "${AWS_REGION:-}${AWS_DEFAULT_REGION:-}" ] &&
		[ -n "${AWS_ACCESS_KEY_ID:-}${AWS_PROFILE:-}${AWS_WEB_IDENTITY_TOKEN_FILE:-}${AWS_CONTAINER_CREDENTIALS_RELATIVE_URI:-}${AWS_CONTAINER_CREDENTIALS_FULL_URI:-}" ]
}

# has_library NAME: whether the system has that shared library.
has_library() {
	.venv/bin/python -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" 2>/dev/null
}

# --- what only the tests need ---------------------------------------------------------------

install_test_tools() {
	missing=
	command -v chromium >/dev/null || missing="$missing chromium"
	command -v sipp >/dev/null || missing="$missing sip-tester"
	# The driver in playwright's wheel is linked to it.
	has_library libatomic.so.1 || missing="$missing libatomic1"
	# People who speak, recorded.
	[ -d /usr/share/pocketsphinx/test/data ] || missing="$missing pocketsphinx-testdata"
	[ -d /usr/share/asterisk/sounds/en_US_f_Allison ] || missing="$missing asterisk-core-sounds-en-wav"
	if [ -n "$missing" ]; then
		is_root || fail "the tests need these packages: sudo apt-get update && sudo apt-get install$missing"
		# shellcheck disable=SC2086  # a list of names
		apt_install $missing
	fi
}

# --- what minifies the widget, and checks its types ------------------------------------------

install_widget_tools() {
	missing=
	command -v node >/dev/null || missing="$missing nodejs"
	command -v npm >/dev/null || missing="$missing npm"
	if [ -n "$missing" ]; then
		is_root || fail "these packages are needed: sudo apt-get update && sudo apt-get install$missing"
		# shellcheck disable=SC2086  # a list of names
		apt_install $missing
	fi
	if ! cmp -s widget/package-lock.json widget/node_modules/.installed-lock; then
		say 'Installing the npm packages of widget/package-lock.json …'
		(cd widget && npm ci --silent --no-audit --no-fund >&2) || fail 'npm could not install the packages'
		cp widget/package-lock.json widget/node_modules/.installed-lock
	fi
}

# --- the speech library ---------------------------------------------------------------------

data_dir_of() {
	found=${PARLEY_DATA_DIR:-.parley}
	while [ $# -gt 0 ]; do
		case $1 in
		--data-dir=*) found=${1#--data-dir=} ;;
		--data-dir) found=${2:-$found} ;;
		esac
		shift
	done
	printf '%s\n' "$found"
}

has_flite() {
	has_library libflite_cmu_us_rms.so.1 ||
		[ -n "$(find "$1/sys" -name 'libflite_cmu_us_rms.so.1' 2>/dev/null)" ]
}

# Without root: the package and the sound library that it is linked to, unpacked beside the data.
extract_flite() {
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
	say "Unpacking libflite1 into $1/sys …"
	mkdir -p "$1" && chmod 700 "$1" || fail "the data directory $1 cannot be used"
	rm -rf "$1/sys.new" && mkdir "$1/sys.new" || return 1
	unpack_flite "$1/sys.new" && rm -rf "$1/sys" && mv "$1/sys.new" "$1/sys"
	rm -rf "$1/sys.new"
	has_flite "$1"
}

unpack_flite() {
	sound=$(apt-cache depends libflite1 2>/dev/null | sed -n 's/.*Depends: \(libasound2[a-z0-9]*\)$/\1/p' | head -n 1)
	(cd "$1" && apt-get download -qq libflite1 ${sound:+"$sound"} >&2) || return 1
	for package in "$1"/*.deb; do
		dpkg-deb -x "$package" "$1" && rm "$package" || return 1
	done
}

install_flite() {
	if has_flite "$1"; then
		return
	fi
	if is_root; then
		apt_install libflite1
	else
		extract_flite "$1" || fail 'the speech library is missing: sudo apt-get update && sudo apt-get install libflite1'
	fi
}

check_system
if [ "${1:-}" = --for-tests ]; then
	install_packages requirements-dev.txt '210 MB'
	install_test_tools
	install_widget_tools
	shift
elif [ "${1:-}" = --for-aws ]; then
	install_packages requirements-aws.txt '105 MB'
	exit
elif [ "${1:-}" = --for-release ]; then
	install_packages requirements-aws.txt '105 MB'
	install_widget_tools
	exit
elif speaks_through_aws; then
	install_packages requirements-aws.txt '105 MB'
else
	install_packages requirements.txt '90 MB'
fi
install_flite "$(data_dir_of "$@")"
