/// The bounds of the body patch. What one worker holds for it, allocated once at its start:
///
///     edits     1,024 × 12 bytes          12,288 bytes
///     nesting   1,048,576 bits           131,072 bytes (pages are touched only as a body nests that deep)
///                                        ─────────────
///                                        143,360 bytes
package enum BodyLimits {
    /// Values to replace and members to insert in one body. An honest body has one; each costs the table's
    /// literal again, so the bound is also the one on how much a small hostile body can grow.
    package static let maxEdits = 1_024

    /// Objects and arrays open at once, the root included. One bit each.
    package static let maxDepth = 1_048_576

    /// Components of a member path (`$.a.b` has two).
    package static let maxPathComponents = 8

    /// Bytes of one component of a member path: what a string of the table can hold.
    package static let maxComponentBytes = 65_535

    /// Bytes of a body: edits keep 32-bit offsets.
    package static let maxBodyBytes = Int(UInt32.max)
}
