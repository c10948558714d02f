# bash completion for acme-client(1)

# _acme_client_sections KIND: the names of the configuration's sections, with
# those in included files.
_acme_client_sections() {
	local i
	local -a file=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -f ]] &&
		    file=(-f "${COMP_WORDS[i + 1]}")
	done
	"${COMP_WORDS[0]}" -nv "${file[@]}" 2>/dev/null |
	    sed -n "s/^$1 \"\([^\" ]*\)\" {\$/\1/p"
}

# _acme_client_options: all of them, as the usage message has them.
_acme_client_options() {
	"${COMP_WORDS[0]}" '-?' 2>&1 | grep -oE '[[ |]-[A-Za-z]+' |
	    cut -c 3- | fold -w 1 | sort -u | sed 's/^/-/'
}

_acme_client() {
	local current=${COMP_WORDS[COMP_CWORD]} words

	case ${COMP_WORDS[COMP_CWORD - 1]} in
	-f|-i)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return ;;
	-j|-m) return ;;
	-R)
		words="unspecified keyCompromise cACompromise"
		words+=" affiliationChanged superseded cessationOfOperation"
		words+=" certificateHold removeFromCRL privilegeWithdrawn"
		words+=" aACompromise" ;;
	-K|-U|-D|-t) words=$(_acme_client_sections authority) ;;
	*)
		case $current in
		-*) words=$(_acme_client_options) ;;
		*) words=$(_acme_client_sections domain) ;;
		esac ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _acme_client acme-client
