import FoundationEssentials

enum EmitFixtureDecoder {
    static func decode<Part: Decodable>(_ json: String) throws -> Part {
        try JSONDecoder().decode(Part.self, from: Data(json.utf8))
    }
}
