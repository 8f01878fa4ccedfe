// There is none, see lua5.4-deb-multiarch.h: Lua only includes it.
