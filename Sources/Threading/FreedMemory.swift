import CLinux

/// What the C library does with memory that is freed.
package enum FreedMemory {
    /// Small enough that each list of a large input counts, large enough that not every piece of text does.
    private static let returnedBytes: Int32 = 256 << 10

    /// Lets all threads have it again, and returns large blocks to the system at once.
    ///
    /// By default each thread has its own heap: what readers allocated and the main thread frees nobody gets again, and
    /// the peak of a compilation is the sum of its phases. To be called before threads are started.
    package static func share() { cl_share_freed_memory(returnedBytes) }
}
