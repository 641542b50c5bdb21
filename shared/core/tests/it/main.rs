//! Integration tests of the workspace, in one binary.

mod layers;
