import HDF5

/// The dimension scales of a results file, by which xarray and netCDF name axes: `index` of every column's rows, and of each
/// column of several numbers a dataset of its labels (of `curve`: `samples`).
enum ResultsDimensions {
  /// The scale of the second axis of a column of several numbers.
  static func name(of column: String) -> String { column == "curve" ? "samples" : column + "_labels" }

  /// The datasets of a group that are columns.
  static func columns(in group: Group, _ settings: ResultsSettings) throws -> [String] {
    let scales = Set(settings.labels.keys.map(name(of:)))
    return try group.children().filter { $0.kind == .dataset && !scales.contains($0.name) }.map(\.name)
  }

  /// Names the axes of a group's columns.
  static func write(to group: Group, _ settings: ResultsSettings) throws {
    let columns = try columns(in: group, settings)
    let index = try group.dataset("index")
    try index.makeScale(named: "index")
    for name in columns where name != "index" {
      let column = try group.dataset(name)
      try column.setScale(index, ofAxis: 0)
      let labels = settings.labels(of: name)
      guard column.shape.count == 2, !labels.isEmpty else { continue }
      let scale = try group.createDataset(
        Self.name(of: name), type: .integer(bits: 64, signed: true), shape: [labels.count])
      try scale.write(labels)
      try scale.makeScale(named: Self.name(of: name))
      try column.setScale(scale, ofAxis: 1)
    }
  }
}
