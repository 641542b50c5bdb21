"""What scripts/test starts for Terraform: this folder is then the only addition to the module path."""

import sys

from longwire_local.infra import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
