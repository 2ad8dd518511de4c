/// Which route answers a request and why: the content of `rtblc explain`, as text or as JSON.
package struct Explanation: Encodable {
    package struct Request: Encodable {
        package var method: String
        package var host: String
        /// As routes are matched against it.
        package var path: String
        package var query: String?
    }

    package struct Host: Encodable {
        package var name: String
        /// `exact` or `wildcard`.
        package var kind: String
    }

    /// A route that fits the path too.
    package struct Other: Encodable {
        package var route: TableReport.Route
        package var why: String
    }

    package struct API: Encodable {
        package var object: String
        package var name: String
        package var version: String
        package var basePath: String
        package var organization: String
        package var isOpen: Bool
        package var position: String?
    }

    package struct Target: Encodable {
        /// As in `/status`.
        package var id: String
        package var model: String?
        package var weight: Int
        /// Of the pool's picks, in percent.
        package var share: Double
        package var tier: Int
        package var backend: String
        /// What the backend is asked for, query included.
        package var url: String
        package var credential: String?
        package var position: String?
        package var backendPosition: String?
    }

    package struct Pool: Encodable {
        /// Which requests to the route it is for.
        package var serves: String
        package var pool: TableReport.Pool
        package var targets: [Target]
    }

    /// Why nothing answers.
    package struct Failure: Encodable {
        package var status = 404
        package var reason: String
        /// What is near, each in one line.
        package var hints: [String]
    }

    package var request: Request
    package var host: Host?
    package var route: TableReport.Route?
    /// Why this route and no other, in words.
    package var why: String?
    package var others: [Other] = []
    package var api: API?
    package var pools: [Pool] = []
    package var failure: Failure?
}
