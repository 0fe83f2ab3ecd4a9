//! Waits for a future on a thread that may block.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// A future whose result a blocking thread waits for: code that parses, renders or compiles, and asks the state in between.
pub trait Wait: Future + Sized {
    /// Blocks this thread until the future is ready.
    fn wait(self) -> Self::Output {
        let mut future = pin!(self);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(output) => return output,
                // A wake-up before this line lets it return at once.
                Poll::Pending => thread::park(),
            }
        }
    }
}

impl<F: Future> Wait for F {}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_future_that_another_thread_completes_is_waited_for() {
        let (sender, receiver) = futures_channel::oneshot::channel();
        let other = thread::spawn(move || sender.send(7));
        assert_eq!(receiver.wait(), Ok(7));
        assert_eq!(other.join().unwrap(), Ok(()));
        assert_eq!(async { 8 }.wait(), 8);
    }
}
