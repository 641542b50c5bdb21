"""Entry point of MiniStack. As a script of this folder it adds only this folder to the module path."""

from longwire_local.asgi import main

if __name__ == "__main__":
    main()
