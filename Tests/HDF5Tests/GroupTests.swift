import HDF5
import Testing

@Suite struct GroupTests {
  @Test func childrenAreSorted() throws {
    let root = try kinds().root
    #expect(
      try root.group("links").children() == [
        .init(name: "circle", kind: .other("soft link that leads nowhere")),
        .init(name: "nowhere", kind: .other("soft link that leads nowhere")),
        .init(name: "soft", kind: .dataset),
        .init(name: "through", kind: .other("soft link that leads nowhere")),
        .init(name: "up", kind: .group),
      ])
    #expect(try root.group("refused").children().first { $0.name == "link" }?.kind == .other("external link"))
  }

  @Test func paths() throws {
    let root = try kinds().root
    let numbers = try root.group("numbers")
    #expect(numbers.path == "/numbers")
    #expect(try numbers.dataset("little/f4").path == "/numbers/little/f4")
    #expect(try numbers.dataset("/numbers//little/./f4").path == "/numbers/little/f4")
    #expect(try numbers.group("/").path == "/")
    #expect(try root.hasChild("numbers/little"))
    #expect(try !root.hasChild("numbers/little/f4/x"))
    #expect(try !root.hasChild("elsewhere"))
  }

  @Test func missingObjectsNameTheirSiblings() throws {
    let root = try kinds().root
    let error = try error { _ = try root.group("numbers").dataset("litle/f4") }
    #expect(error.code == .noSuchObject)
    #expect(
      error.description == """
        kinds.h5: /numbers/litle: no such group or dataset
        found in /numbers: big, boolean, little, longdouble
        """)
    #expect(try HDF5Tests.error { _ = try root.dataset("x\0y") }.code == .noSuchObject)
  }

  @Test func wrongKinds() throws {
    let root = try kinds().root
    let error = try error { _ = try root.dataset("numbers") }
    #expect(error.description == "kinds.h5: /numbers: is not a dataset\nexpected a dataset, found a group")
    #expect(try HDF5Tests.error { _ = try root.group("numbers/boolean") }.code == .wrongType)
  }

  @Test func softLinks() throws {
    let root = try kinds().root
    #expect(try root.dataset("links/soft").read() == [0, 1, 2, 100] as [Float])
    #expect(try root.dataset("links/up/links/up/links/soft").elementCount == 4)
    for name in ["links/nowhere", "links/circle"] {
      let error = try error { _ = try root.dataset(name) }
      #expect(error.description == "kinds.h5: /\(name): is a soft link that leads nowhere, or in a circle")
    }
  }

  @Test(arguments: ["refused/link", "links/through"])
  func externalLinks(name: String) throws {
    let root = try kinds().root
    let error = try error { _ = try root.dataset(name) }
    #expect(error.code == .refused)
    #expect(
      error.description
        == "kinds.h5: /\(name): is a link to another file, which is not followed; "
        + "give that file, or copy the object into this one")
  }

  @Test func allDatasetsOnceThoughGroupsAreInCircles() throws {
    let root = try kinds().root
    let paths = try root.allDatasets().map(\.path)
    #expect(Set(paths).count == paths.count)
    #expect(paths.contains("/strings/scalar"))
    #expect(!paths.contains { $0.hasPrefix("/refused") || $0.hasSuffix("lzf") })
    #expect(try error { _ = try root.group("refused").allDatasets() }.code == .refused)
  }

  @Test func creatingTwice() throws {
    let root = try File(inMemory: "a").root
    _ = try root.createGroup("b/c")
    #expect(try error { _ = try root.createGroup("b/c") }.description == "a: /b/c: already exists")
    #expect(try error { _ = try root.createDataset("b", type: .float(bits: 32), shape: []) }.code == .cannotCreate)
  }
}
