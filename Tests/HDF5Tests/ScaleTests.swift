import HDF5
import Testing

/// Dimension scales, as the specification of HDF5's high-level library has them: attributes that h5py and netCDF read.
@Suite struct ScaleTests {
  @Test func axesAreNamed() throws {
    let file = try File(inMemory: "scales")
    let root = try file.root
    let index = try root.createDataset("index", type: .integer(bits: 64, signed: true), shape: [0], extendable: true)
    let table = try root.createDataset("table", type: .float(bits: 64), shape: [0, 2], extendable: true)
    try index.makeScale(named: "index")
    try table.setScale(index, ofAxis: 0)
    #expect(try index.string("CLASS") == "DIMENSION_SCALE" && index.string("NAME") == "index")
    #expect(try index.attributeNames().contains("REFERENCE_LIST"))
    #expect(try table.attributeNames() == ["DIMENSION_LIST"])
    // Rows come afterwards.
    try index.append(rows: [4, 5])
    try table.append(rows: [1, 2, 3, 4] as [Double])
    #expect(index.shape == [2] && table.shape == [2, 2])
  }

  @Test func whatCanNotBeIsRefused() throws {
    let root = try File(inMemory: "scales").root
    let scale = try root.createDataset("scale", type: .float(bits: 64), shape: [2])
    let table = try root.createDataset("table", type: .float(bits: 64), shape: [2])
    try scale.makeScale(named: "scale")
    #expect(try error { try table.setScale(scale, ofAxis: 1) }.code == .wrongShape)
    // A scale has no scales.
    #expect(try error { try scale.setScale(scale, ofAxis: 0) }.code == .cannotCreate)
  }
}
