import CLinux
import Glibc
import RoutingTable

/// `--user`: the process becomes another user once its ports are bound.
enum Privileges {
    /// - Throws: exit code 64 where there is no such user, 77 where the process may not become it.
    static func drop(to name: String) throws(Server.Exit) {
        guard let entry = unsafe getpwnam(name) else { throw Server.Exit(code: 64, message: "--user \(name): there is no such user") }
        let (user, group) = unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
        if geteuid() == user, getuid() == user { return }
        // the groups first: afterwards they cannot be changed
        guard unsafe initgroups(name, group) == 0, setgid(group) == 0, setuid(user) == 0 else {
            throw Server.Exit(code: 77, message: "--user \(name): \(systemMessage(-errno)); only root can become another user")
        }
        guard user == 0 || setuid(0) != 0 else { throw Server.Exit(code: 70, message: "--user \(name): privileges could be taken back") }
    }

    /// Opens each of the files that will be read again, as the user that will do it.
    ///
    /// - Throws: exit code 66, with the first one that cannot be.
    static func check(_ paths: [String], readableBy name: String) throws(Server.Exit) {
        for path in paths {
            let file = unsafe cl_open_read(path)
            guard file >= 0 else {
                if file == -ENOENT { continue } // it may come later, and its absence is reported elsewhere
                throw Server.Exit(code: 66, message: "\(path) is read again when it changes, but user \(name) cannot read it: \(systemMessage(file))")
            }
            _ = cl_close(file)
        }
    }
}
