import CLinux
import Glibc

/// The same work on several threads.
package enum Parallel {
    /// More threads than this are not worth their memory: each reader of policies holds a piece of some MiB.
    private static let mostThreads = 16

    /// Processors that this process may use.
    package static let processors = min(max(1, Int(cl_affinity_cpus())), mostThreads)

    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Calls `body` here and on up to `threads - 1` others at once, and returns when all calls have. Where the system
    /// gives fewer threads there are fewer calls: `body` takes its work from a list that all share.
    package static func run(threads: Int, _ body: @Sendable () -> Void) {
        guard threads > 1 else { return body() }
        withoutActuallyEscaping(body) { body in
            var started: [pthread_t] = []
            while started.count < threads - 1, let thread = start(Job(body)) { started.append(thread) }
            body()
            for thread in started { pthread_join(thread, nil) }
        }
    }

    /// Calls `body` with every number below `count`, on up to `threads` threads.
    package static func forEach(_ count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
        let next = SharedCounter()
        run(threads: min(threads, count)) {
            var number = next.take()
            while number < count {
                body(number)
                number = next.take()
            }
        }
    }

    /// Calls `body` on a thread that nobody waits for; not at all where the system gives none.
    package static func detach(_ body: @escaping @Sendable () -> Void) {
        if let thread = start(Job(body)) { pthread_detach(thread) }
    }

    private static func start(_ job: Job) -> pthread_t? {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(job)
        // The thread takes over the reference that it is given.
        let code = unsafe pthread_create(&thread, nil, { context in
            guard let context = unsafe context else { return nil }
            unsafe Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            return nil
        }
        return thread
    }
}
