import CHDF5
import Testing

@testable import HDF5

/// What no file that people make comes near, and a hostile one may.
@Suite struct LimitTests {
  @Test func userDefinedLinksAreNotFollowed() throws {
    let root = try fixture("links").root
    #expect(try root.children().map(\.kind) == [.dataset, .other("user-defined link")])
    let error = try error { _ = try root.dataset("user") }
    #expect(error.code == .refused)
    #expect(error.description == "links.h5: /user: is a user-defined link, which is not followed")
    #expect(try root.allDatasets().map(\.path) == ["/data"])
  }

  @Test func chunksLargerThanTheFile() throws {
    let error = try error { _ = try fixture("chunks").root.dataset("claims/chunk").read(as: Double.self) }
    #expect(error.code == .tooLarge && error.message == "claims chunks larger than the file holds")
  }

  /// Makes a file with an attribute `x` without values. This module writes the older format, whose attributes have at most
  /// 64 kB.
  private func write(attributeOf count: Int, strings: Bool, to path: String) {
    Library.locked {
      let access = Handle(owning: H5Pcreate(chdf5_class_file_access()))
      H5Pset_libver_bounds(access.id, H5F_LIBVER_V18, H5F_LIBVER_V18)
      let file = Handle(owning: H5Fcreate(path, chdf5_truncate(), chdf5_default(), access.id))
      var extent = hsize_t(count)
      let space = Handle(owning: H5Screate_simple(1, &extent, nil))
      let type = Handle(owning: H5Tcopy(strings ? chdf5_c_string() : chdf5_double()))
      if strings { H5Tset_size(type.id, chdf5_variable_length()) }
      _ = Handle(owning: H5Acreate2(file.id, "x", type.id, space.id, chdf5_default(), chdf5_default()))
    }
  }

  @Test func attributesOfMoreThan65536Strings() throws {
    try withTemporaryPath { path in
      write(attributeOf: 1 << 16, strings: true, to: path)
      #expect(try File(reading: path).root.strings("x") == [String](repeating: "", count: 1 << 16))
      write(attributeOf: 1 << 16 + 1, strings: true, to: path)
      let error = try error { _ = try File(reading: path).root.strings("x") }
      #expect(error.message == "attribute x has more than 65536 strings")
    }
  }

  @Test func attributesOfMoreThan64MiB() throws {
    try withTemporaryPath { path in
      write(attributeOf: 8 << 20 + 1, strings: false, to: path)
      let error = try error { _ = try File(reading: path).root.doubles("x") }
      #expect(error.code == .tooLarge && error.message == "attribute x is too large")
    }
  }

  @Test func searchingMoreThan10000Objects() throws {
    let root = try File(inMemory: "a").root
    for number in 0..<9_999 { _ = try root.createGroup("\(number)") }
    #expect(try root.allDatasets().isEmpty)
    _ = try root.createGroup("last")
    #expect(try error { _ = try root.allDatasets() }.message == "more than 10000 objects")
  }

  @Test func searchingDeeperThan64Levels() throws {
    let root = try File(inMemory: "a").root
    let path = (0..<64).map { _ in "a" }.joined(separator: "/")
    _ = try root.createGroup(path)
    #expect(try root.allDatasets().isEmpty)
    _ = try root.createGroup(path + "/a")
    #expect(try error { _ = try root.allDatasets() }.message == "groups are nested more than 64 deep")
  }
}
