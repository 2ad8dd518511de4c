extension Array {
    /// A copy without room for more; an array that grew by doubling may have room for as many again.
    var fitted: [Element] {
        guard capacity > count else { return self }
        var copy: [Element] = []
        copy.reserveCapacity(count)
        copy += self
        return copy
    }
}
