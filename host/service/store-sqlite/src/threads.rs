//! Threads that run transactions, each with a connection of its own. SQLite blocks, and the threads of the caller must not.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use futures_channel::oneshot;
use palisade_store::StoreError;
use rusqlite::Connection;

use crate::error::Error;

/// Work for one of the threads: with its connection, or with the reason why there is none.
type Job = Box<dyn FnOnce(Result<&mut Connection, StoreError>) + Send>;

/// Opens the connection of a thread.
type Open = Box<dyn Fn() -> Result<Connection, StoreError> + Send + Sync>;

/// Up to a number of threads that work through one queue in its order. A thread is started when work would wait otherwise.
pub(crate) struct Threads {
    shared: Arc<Shared>,
}

struct Shared {
    name: &'static str,
    most: usize,
    open: Open,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    idle: usize,
    closed: bool,
    threads: Vec<JoinHandle<()>>,
}

impl Threads {
    pub(crate) fn new(name: &'static str, most: u64, open: Open) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
        let shared = Shared { name, most, open, state: Mutex::default(), changed: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Runs `work` on one of the threads. The work is done even if the future is dropped. A panic continues in the caller.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        // Not the channel of tokio: it makes a task that has received a lot wait for its runtime, also where the thread blocks.
        let (sender, receiver) = oneshot::channel();
        self.submit(Box::new(move |connection| {
            let result = catch_unwind(AssertUnwindSafe(|| Ok(work(connection?)?)));
            // Nobody waits for it any more.
            let _ = sender.send(result);
        }))?;
        match receiver.await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(closed()),
        }
    }

    fn submit(&self, job: Job) -> Result<(), StoreError> {
        let mut state = self.shared.lock();
        state.jobs.push_back(job);
        if state.jobs.len() > state.idle && state.threads.len() < self.shared.most {
            let shared = Arc::clone(&self.shared);
            let started = thread::Builder::new().name(shared.name.to_owned()).spawn(move || shared.work());
            match started {
                Ok(thread) => state.threads.push(thread),
                // Another one does the work later, if there is any.
                Err(cause) if state.threads.is_empty() => {
                    state.jobs.clear();
                    return Err(StoreError::File { place: self.shared.name.to_owned(), cause });
                }
                Err(_) => {}
            }
        }
        drop(state);
        self.shared.changed.notify_one();
        Ok(())
    }
}

impl Drop for Threads {
    /// What was submitted is still done: a write is never lost because nobody waited for it.
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        let threads = std::mem::take(&mut state.threads);
        drop(state);
        self.shared.changed.notify_all();
        for thread in threads {
            // A job catches its own panics.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut connection = None;
        while let Some(job) = self.next() {
            if connection.is_none() {
                match (self.open)() {
                    Ok(opened) => connection = Some(opened),
                    Err(error) => {
                        job(Err(error));
                        continue;
                    }
                }
            }
            job(connection.as_mut().ok_or_else(closed));
        }
    }

    /// The next job; none once the store is closed and everything is done.
    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

fn closed() -> StoreError {
    StoreError::Database { place: "palisade.db".to_owned(), cause: "the state is closed".into() }
}
