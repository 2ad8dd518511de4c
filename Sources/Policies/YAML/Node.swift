/// One node of a document, 36 bytes: nodes lie in the order in which they are written, children behind their parent.
package struct Node: Sendable {
    package enum Kind: UInt8, Sendable { case scalar, mapping, sequence, alias }
    /// `plain` scalars are typed by YAML 1.1's rules, `quoted` and block scalars are strings.
    package enum Style: UInt8, Sendable { case plain, quoted, block, flow }
    /// What an explicit tag says.
    package enum Tag: UInt8, Sendable { case none, string, integer, float, boolean, null, binary, timestamp }

    package var kind: Kind
    package var style: Style
    package var tag: Tag
    /// A `<<` key and its value: their entries have been added to the mapping, they themselves are passed over.
    var isMerged = false
    package var line: UInt32
    package var column: UInt32
    /// Characters on its line, at least 1.
    package var extent: UInt32
    /// The index behind the last descendant.
    package var end: UInt32
    /// Scalars: where the text lies in the tree's text. Aliases: `textStart` is the index of the node meant.
    package var textStart: UInt32 = 0
    package var textCount: UInt32 = 0
    /// Scalars: `NodeTree.hash` of the text.
    package var hash: UInt32 = 0
    /// Levels of nesting below it, aliases followed.
    var height: UInt16 = 0
}
