//! Custom loops: epoll, io_uring, two threads, `no_std`.
