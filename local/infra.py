"""Entry point of the Terraform checks. As a script of this folder it adds only this folder to the module path."""

import sys

from longwire_local.infra import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
