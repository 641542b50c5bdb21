//! Integration tests of the tools, in one binary.

mod tools;
