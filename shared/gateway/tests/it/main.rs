//! Integration tests of the requests to `@connections`, against local servers.

mod post;
