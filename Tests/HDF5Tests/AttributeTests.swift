import HDF5
import Testing

@Suite struct AttributeTests {
  @Test func whatH5pyWrites() throws {
    let group = try kinds().root.group("attributes")
    #expect(try group.string("text") == "grün")
    #expect(try group.string("bytes") == "ascii")
    #expect(try group.string("one_text") == "only")
    #expect(try group.strings("texts") == ["a", "bc"])
    #expect(try group.strings("fixed_texts") == ["a", "bc"])
    #expect(try group.strings("text") == ["grün"])
    // Keras writes an empty list of names as an empty list of floats.
    #expect(try group.strings("none") == [])
    #expect(try group.integer("int") == 7)
    #expect(try group.integer("int8") == -3)
    #expect(try group.integer("whole") == 256)
    #expect(try group.integers("ints") == [1, 2, 3])
    #expect(try group.integers("int") == [7])
    #expect(try group.double("float") == 0.5)
    #expect(try group.double("half") == 1.5)
    #expect(try group.double("int") == 7)
    #expect(try group.double("large") == 9_223_372_036_854_775_808)
    #expect(try group.doubles("ints") == [1, 2, 3])
    #expect(try group.boolean("true") == true)
    #expect(try group.integer("true") == 1)
    #expect(try group.attributeType("true") == .boolean)
    #expect(try group.attributeNames().count == 15)
  }

  /// libhdf5 would keep the lowest bit of each character.
  @Test func charactersOfFewerBits() throws {
    let file = try File(inMemory: "a")
    try file.root.setAttribute("x", "text")
    var bytes = try file.image()
    // A string of variable length in UTF-8; then the size of a character, its first bit and its bits.
    let fields: [UInt8] = [1, 0, 0, 0, 0, 0, 8, 0]
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: fields) })
    bytes[place + 6] = 1
    let damaged = try File(readingImage: bytes, name: "a")
    let error = try error { _ = try damaged.root.string("x") }
    #expect(error.code == .wrongType && error.found == "unusual string")
  }

  @Test func absentIsNil() throws {
    let group = try kinds().root.group("attributes")
    #expect(try group.string("absent") == nil)
    #expect(try group.integer("absent") == nil)
    #expect(try group.boolean("absent") == nil)
    #expect(try group.strings("absent") == nil)
  }

  @Test func wrongTypes() throws {
    let group = try kinds().root.group("attributes")
    #expect(
      try error { _ = try group.integer("text") }.description == """
        kinds.h5: /attributes: attribute text is of the wrong type
        expected a whole number, found string
        """)
    #expect(
      try error { _ = try group.string("ints") }.description == """
        kinds.h5: /attributes: attribute ints is of the wrong type
        expected a string, found int64 [3]
        """)
    #expect(try error { _ = try group.integer("float") }.code == .wrongType)
    #expect(try error { _ = try group.integer("large") }.code == .wrongType)
    #expect(try error { _ = try group.string("texts") }.code == .wrongType)
    #expect(try error { _ = try group.boolean("int") }.code == .wrongType)
    #expect(try error { _ = try group.double("null") }.code == .wrongShape)
  }

  @Test func writtenAndReadAgain() throws {
    let file = try File(inMemory: "a")
    let root = try file.root
    try root.setAttribute("text", "first")
    try root.setAttribute("text", "größer")
    try root.setAttribute("texts", ["a", ""])
    try root.setAttribute("int", -5)
    try root.setAttribute("ints", [1, 2])
    try root.setAttribute("no ints", [] as [Int])
    try root.setAttribute("double", 0.25)
    try root.setAttribute("doubles", [0.5, 1])
    try root.setAttribute("flag", false)
    let copy = try File(readingImage: file.image(), name: "copy").root
    #expect(try copy.string("text") == "größer")
    #expect(try copy.strings("texts") == ["a", ""])
    #expect(try copy.integer("int") == -5)
    #expect(try copy.integers("ints") == [1, 2])
    #expect(try copy.integers("no ints") == [])
    #expect(try copy.double("double") == 0.25)
    #expect(try copy.doubles("doubles") == [0.5, 1])
    #expect(try copy.boolean("flag") == false)
    #expect(try copy.attributeType("flag") == .boolean)
    #expect(try copy.attributeNames().count == 8)
  }

  @Test func datasetsHaveAttributes() throws {
    let dataset = try File(inMemory: "a").root.createDataset("x", type: .float(bits: 32), shape: [1])
    try dataset.setAttribute("unit", "nat")
    #expect(try dataset.string("unit") == "nat")
  }
}
