"""What the stack starts as MiniStack: this folder is then the only addition to the module path."""

from longwire_local.asgi import main

if __name__ == "__main__":
    main()
