import HDF5

/// Which object of an HDF5 file holds the examples.
enum DatasetChoice {
  /// An array of numbers.
  case dense(HDF5.Dataset)
  /// A sparse matrix in the form of AnnData: a group with data, indices and indptr.
  case sparse(Group)

  /// The object of a name; without one, the only one that could be meant.
  init(_ root: Group, named name: String?, file: String) throws {
    if let name {
      self = try DatasetChoice.named(name, root, file: file)
      return
    }
    let survey = try root.survey()
    let matrices = try survey.datasets.filter { $0.path.hasSuffix("/indptr") }.compactMap { dataset in
      try DatasetChoice.sparseMatrix(root.group(String(dataset.path.dropLast("/indptr".count))))
    }
    let inside = matrices.map { $0.path + "/" }
    let arrays = survey.datasets.filter { dataset in
      dataset.shape.count >= 2 && dataset.type.isNumeric && !dataset.shape.contains(0)
        && !inside.contains { dataset.path.hasPrefix($0) } && !dataset.path.contains("/_i_")
    }
    let choices = matrices.map(DatasetChoice.sparse) + arrays.map(DatasetChoice.dense)
    if let only = choices.first, choices.count == 1 {
      self = only
      return
    }
    // AnnData keeps what is analysed in X, and the rest beside it.
    if try root.attributeType("encoding-type") == .string, try root.string("encoding-type") == "anndata",
      let main = choices.first(where: { $0.path == "/X" })
    {
      self = main
      return
    }
    guard !choices.isEmpty else {
      throw EvidenceError(.invalidData, "\(file): \(try DatasetSearch(survey, root: root).nothing)")
    }
    throw EvidenceError(
      .invalidData, "\(file): \(DatasetSearch.several(choices.map { ($0.path, $0.shape) }))",
      remedies: [.nameDataset])
  }

  var path: String {
    switch self {
    case .dense(let dataset): dataset.path
    case .sparse(let group): group.path
    }
  }

  var shape: [Int] {
    switch self {
    case .dense(let dataset): dataset.shape
    case .sparse(let group): (try? group.integers("shape") ?? group.integers("h5sparse_shape")) ?? []
    }
  }

  private static func named(_ name: String, _ root: Group, file: String) throws -> DatasetChoice {
    if let group = try? root.group(name) {
      if let matrix = try sparseMatrix(group) { return .sparse(matrix) }
      let survey = try group.survey()
      let described = try DatasetSearch(survey, root: group)
      if let table = described.table { throw EvidenceError(.invalidData, "\(file): \(table)") }
    }
    let dataset = try root.dataset(name)
    guard dataset.type.isNumeric else {
      throw EvidenceError(.invalidData, "\(file): \(try DatasetSearch.notNumbers(dataset, root: root))")
    }
    guard !dataset.shape.isEmpty else {
      throw EvidenceError(.invalidData, "\(file): \(dataset.path): expected shape [N, …], found a scalar")
    }
    return .dense(dataset)
  }

  /// The group, if it is a sparse matrix by rows; one by columns is an error.
  private static func sparseMatrix(_ group: Group) throws -> Group? {
    for name in ["encoding-type", "h5sparse_format"] where try group.attributeType(name) == .string {
      switch try group.string(name) {
      case "csr_matrix"?, "csr"?: return group
      case "csc_matrix"?, "csc"?:
        throw EvidenceError(
          .invalidData,
          "\(group.file.name): \(group.path): a sparse matrix by columns (csc), of which examples can't be read one by one; "
            + "store it by rows: adata.X = adata.X.tocsr() before adata.write_h5ad(…)")
      default: return nil
      }
    }
    return nil
  }
}

/// What a file holds instead of one dataset of examples, in words and with what to do.
struct DatasetSearch {
  private let survey: Survey
  /// A table of PyTables or pandas, or another dataset of records, in a sentence.
  let table: String?

  init(_ survey: Survey, root: Group) throws {
    self.survey = survey
    let records = survey.datasets.first { $0.type == .other("compound") }
    table = try records.map { try DatasetSearch.notNumbers($0, root: root) }
  }

  /// Of many names, these are shown.
  private static let shown = 6

  /// The message for a file without any candidate.
  var nothing: String {
    if let table { return table }
    if let link = survey.others.first(where: { $0.words.hasPrefix("external link") }) {
      let file = link.words.split(separator: " ").last.map(String.init) ?? "that file"
      return
        "no dataset of two or more axes; \(link.path) is an \(link.words), which is not followed: give \(file) itself"
    }
    if let refusal = survey.refusals.first {
      let place = refusal.path ?? ""
      return "no dataset that can be read; \(place) \(refusal.message)"
    }
    let datasets = survey.datasets
    if let columns = datasets.first(where: { $0.path.hasSuffix("/jc") }),
      datasets.contains(where: { $0.path.hasSuffix("/ir") })
    {
      let matrix = columns.path.dropLast("/jc".count)
      return
        "\(matrix) is a sparse matrix of MATLAB; store it as a full one: x = full(x); save('data.mat', 'x', '-v7.3')"
    }
    if let empty = datasets.first(where: { $0.shape.count >= 2 && $0.shape.contains(0) && $0.type.isNumeric }) {
      return "\(empty.path) holds no examples: its shape is \(empty.shape)"
    }
    if datasets.isEmpty { return "no datasets; expected one of shape [N, …]" }
    let list = datasets.prefix(Self.shown).map { "\($0.path) \($0.type) \($0.shape)" }.joined(separator: ", ")
    return "no dataset of numbers of two or more axes; expected shape [N, …], found \(list)\(Self.more(datasets.count))"
  }

  /// The message for several candidates.
  static func several(_ candidates: [(path: String, shape: [Int])]) -> String {
    let list = candidates.prefix(shown).map { "\($0.path) \($0.shape)" }.joined(separator: ", ")
    var message =
      "\(candidates.count) datasets could be meant: \(list)\(more(candidates.count))"
    let parents = Set(candidates.map { $0.path.split(separator: "/").dropLast().joined(separator: "/") })
    if candidates.count >= 10, Set(candidates.map(\.shape)).count == 1, let parent = parents.first, parents.count == 1 {
      let group = parent.isEmpty ? "f" : "f[\"\(parent)\"]"
      message +=
        "\nif each is one example, stack them first: g[\"x\"] = numpy.stack([\(group)[k][()] for k in sorted(\(group))]), "
        + "where f is this file and g a new one, opened with h5py.File"
    }
    return message
  }

  private static func more(_ count: Int) -> String { count > shown ? " and \(count - shown) more" : "" }

  /// The message for a dataset whose elements are no numbers.
  static func notNumbers(_ dataset: HDF5.Dataset, root: Group) throws -> String {
    let path = dataset.path
    guard dataset.type == .other("compound") else {
      return "\(path): expected integers, floats or booleans, found \(dataset.type)"
    }
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let owner = parent.isEmpty ? nil : try? root.file.root.group(parent)
    if let owner, try owner.attributeType("pandas_type") == .string {
      return "\(path) is a table of pandas (records, not an array); write the frame with "
        + "frame.to_hdf(file, key=\"x\", format=\"fixed\") and take the dataset x/block0_values, or its numbers alone with h5py: "
        + "f[\"x\"] = frame.to_numpy()"
    }
    return
      "\(path) is a table: each element is a record of named fields (compound), not a number; store its columns as "
      + "one array, with h5py: g[\"x\"] = numpy.stack([f[\"\(path)\"][n] for n in f[\"\(path)\"].dtype.names], axis=1)"
  }
}
