import CLinux

/// Notices that the table's file has become another: written anew, replaced by a rename, or reached through a symbolic link
/// that was swapped, as Kubernetes does with a volume's `..data`.
///
/// inotify tells at once, where the file system can; a look each second tells anywhere. What it says is only that the file
/// is another one than at the last load: whether it is any good, the load finds out.
struct TableWatch {
    enum Occasion {
        /// inotify has reported something, after a file was closed or moved into place.
        case noticed
        /// A second has passed.
        case looked
    }

    private let path: String
    /// Readable when something has happened in the folder; nil: only looks tell.
    let descriptor: Int32?
    /// Of the file at the last load.
    private var loaded: UInt64
    /// Of the file at the last look.
    private var seen: UInt64
    /// On the boot clock: when the file is to be loaded again though it is the same.
    private var retryMillis: UInt64?

    /// To be made before the table is loaded.
    init(path: String) {
        self.path = path
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let watch = unsafe cl_watch_folder(folder)
        descriptor = watch >= 0 ? watch : nil
        loaded = unsafe cl_file_stamp(path)
        seen = loaded
    }

    /// It could not be loaded, for a reason that is not in it.
    mutating func tryAgain() { retryMillis = cl_boot_nanos() / 1_000_000 + Limits.reloadPauseMillis }

    /// The file is about to be loaded for another reason.
    mutating func note() {
        retryMillis = nil
        loaded = unsafe cl_file_stamp(path)
        seen = loaded
    }

    /// Whether the file is to be loaded again, which is asked once for each change. At a look it must have stayed the same
    /// since the look before: somebody may be writing it.
    mutating func hasChanged(_ occasion: Occasion) -> Bool {
        if let descriptor, occasion == .noticed { cl_watch_clear(descriptor) }
        let present = unsafe cl_file_stamp(path)
        let isSettled = occasion == .noticed || present == seen
        seen = present
        let isDue = retryMillis.map { cl_boot_nanos() / 1_000_000 >= $0 } ?? false
        guard present != loaded || isDue, present != 0, isSettled else { return false }
        retryMillis = nil
        loaded = present
        return true
    }
}
