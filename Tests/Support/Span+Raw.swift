extension Span where Element == UInt8 {
    /// The same bytes, raw. The library calls `bytes` unsafe because elements may have padding; these have none.
    package var raw: RawSpan {
        @_lifetime(copy self)
        get { unsafe bytes }
    }
}
