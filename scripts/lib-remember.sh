# shellcheck shell=bash
# Sourced by scripts/bootstrap: its options, remembered as variables of terraform/bootstrap. Terraform reads the file by
# itself, so a later run needs no options. One line for each variable.

memory="${here:?the folder of the root module}/bootstrap.auto.tfvars"

# remembered NAME: prints the value of a variable as it is in the file, a text without its quotes; nothing if there is none.
remembered() {
  [ -e "$memory" ] || return 0
  sed -n -e "s/^$1 *= *\"\(.*\)\"\$/\1/p" -e "s/^$1 *= *\([^\" ].*\)\$/\1/p" "$memory"
}

# literal VALUE: prints the value of a -var option as an expression of a tfvars file. Terraform takes a list or a map as it
# is; everything else is a text.
literal() {
  case "$1" in
    '['* | '{'* | true | false | null) printf '%s\n' "$1" ;;
    *) printf '"%s"\n' "$(printf '%s' "$1" | sed -e 's/[\\"]/\\&/g' -e 's/\([$%]\){/\1\1{/g')" ;;
  esac
}

# remember NAME=VALUE…: writes the variables into the file and keeps the others. Replaces the file as a whole, and only if
# it changes.
remember() {
  local pair name rest temporary
  temporary="$(mktemp "$memory.XXXXXX")"
  if [ -e "$memory" ]; then
    cat "$memory" >"$temporary"
  else
    echo "# Options of scripts/bootstrap, which writes this file. Commit it: the next run needs no options." >"$temporary"
  fi
  for pair in "$@"; do
    name="${pair%%=*}" rest="$(literal "${pair#*=}")"
    if grep -qE "^$name *=.*[[{]\$" "$temporary"; then
      rm -f "$temporary"
      fail "$name has several lines in ${memory#"$root"/}: change it there, and leave out the option."
    fi
    grep -vE "^$name *=" "$temporary" >"$temporary.rest" || true
    printf '%s = %s\n' "$name" "$rest" >>"$temporary.rest"
    mv "$temporary.rest" "$temporary"
  done
  tf fmt - <"$temporary" >"$temporary.rest" || fail "terraform could not format ${memory#"$root"/}."
  rm -f "$temporary"
  if [ -e "$memory" ] && [ "$(sort "$memory")" = "$(sort "$temporary.rest")" ]; then
    rm -f "$temporary.rest"
  else
    mv "$temporary.rest" "$memory"
  fi
}
