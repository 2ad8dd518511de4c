/// Where the scan stands on the path. At any time one chain of objects is open whose names are the path's first
/// components; names are looked at only directly in its innermost object.
struct MemberTracker {
    /// The innermost object of the chain is the one that holds this component of the path.
    private(set) var component = 0
    /// Its depth; the root's is 1.
    @inline(__always)
    var objectDepth: Int { component + 1 }

    /// The depth at which the value ends that is to be replaced; -1: none is open.
    var replacingDepth = -1
    private(set) var replacingStart = 0

    /// Behind the `{` of each object of the chain; BodyLimits.maxPathComponents of them.
    private var memberStarts = InlineArray<8, Int>(repeating: 0)
    /// Bit i: the object that holds component i has a member of that name.
    private var found: UInt8 = 0
    /// The value that comes next is an object and goes on the chain.
    private var isChainOpening = true

    /// A name is the component's.
    /// - Parameter offset: where its value starts.
    /// - Returns: false if the path ends at it although it must go on.
    @inline(__always)
    mutating func matched(at offset: Int, isLast: Bool, isObject: Bool) -> Bool {
        found |= 1 << UInt8(component)
        if isLast {
            replacingDepth = objectDepth
            replacingStart = offset
            return true
        }
        guard isObject else { return false }
        component += 1
        isChainOpening = true
        return true
    }

    /// An object or array begins.
    @inline(__always)
    mutating func opened(at offset: Int) {
        guard isChainOpening else { return }
        isChainOpening = false
        memberStarts[component] = offset + 1
        found &= ~(1 << UInt8(component))
    }

    /// An object or array is about to end.
    /// - Returns: the insertion that gives an object of the chain the member that it lacks.
    @inline(__always)
    mutating func closingObject(depth: Int, empty: Bool) -> BodyEdit? {
        guard depth == objectDepth else { return nil }
        let closing = component
        if component > 0 { component -= 1 }
        guard found & (1 << UInt8(closing)) == 0 else { return nil }
        return BodyEdit(insertingAt: memberStarts[closing], component: closing, alone: empty)
    }
}
