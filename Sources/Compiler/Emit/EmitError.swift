/// An intermediate representation that no table can hold: a limit of the format, or a record that contradicts
/// itself. The resolver reports what users can get wrong with a place in the CRs first, so that this comes up for
/// limits of size and for intermediate representations that were written by other means.
package struct EmitError: Error, Equatable, CustomStringConvertible {
    /// The object at fault, as in `API default/chat`.
    package var object: String
    /// What is wrong, and what would be right.
    package var problem: String
    /// Where the object was written, if that is known.
    package var position: IntermediateRepresentation.Position?

    init(_ object: String, _ problem: String, at position: IntermediateRepresentation.Position? = nil) {
        (self.object, self.problem, self.position) = (object, problem, position)
    }

    package var description: String {
        let place = position.map { "\($0.file):\($0.line): " } ?? ""
        return "\(place)\(object): \(problem)"
    }
}

extension IntermediateRepresentation.Reference: CustomStringConvertible {
    package var description: String { "\(namespace)/\(name)" }
}

/// `value` as the unsigned number of the field that holds it, or the error that says whose number is too large.
func field<Field: FixedWidthInteger & UnsignedInteger>(
    _ value: Int, _ what: String, of object: @autoclosure () -> String,
    at position: @autoclosure () -> IntermediateRepresentation.Position? = nil
) throws(EmitError) -> Field {
    guard let held = Field(exactly: value) else {
        throw EmitError(object(), "\(what) is \(value); a table holds 0 to \(Field.max)", at: position())
    }
    return held
}
