import HDF5
import Models

/// Where the covariates of a model are in the file of the examples: HDF5, or an archive of numpy.
struct CovariateSearch {
  /// The file of the examples.
  let file: String
  /// The dataset of the examples, beside which covariates are looked for first.
  let path: String
  let count: Int
  /// Where covariates are said to be, by name.
  let named: [String: String]

  /// Finds every covariate.
  ///
  /// - Throws: `EvidenceError` (`invalidData`) naming the first that isn't there, or isn't what the model takes.
  func covariates(_ layout: CovariateLayout) throws -> ExampleCovariates {
    if let unknown = named.keys.sorted().first(where: { layout.columns($0) == nil }) {
      let names = layout.covariates.map(\.name).joined(separator: ", ")
      throw EvidenceError(
        .invalidSetting,
        "the model is given no covariate \(unknown); " + (names.isEmpty ? "it is given none" : "it is given \(names)"))
    }
    guard !layout.covariates.isEmpty else { return ExampleCovariates(layout, columns: []) }
    switch try FileKind(of: file) {
    case .numpyArchive: return ExampleCovariates(layout, columns: try layout.covariates.map(archived))
    case .numpyArray:
      throw EvidenceError(
        .invalidData,
        "\(file): the model is given \(layout.covariates.map(\.name).joined(separator: ", ")), and a .npy file holds one array: "
          + "store the examples and these in an .npz archive or in HDF5, under those names")
    default: break
    }
    let root = try File(reading: file).root
    return ExampleCovariates(layout, columns: try layout.covariates.map { try column($0, root) })
  }

  /// An array of an archive of numpy.
  private func archived(_ covariate: Covariate) throws -> any CovariateColumn {
    let name = named[covariate.name] ?? covariate.name
    guard try NumpySource.names(in: file).contains(String(name.drop { $0 == "/" })) else {
      throw EvidenceError(
        .invalidData, "\(file): the model is given \(covariate.name), and there is no array \(name)",
        remedies: [.nameCovariate(covariate.name)])
    }
    return try column(covariate, NumpySource(file: file, dataset: name), words: nil, place: "\(file): \(name)")
  }

  private func column(_ covariate: Covariate, _ root: Group) throws -> any CovariateColumn {
    let places = named[covariate.name].map { [$0] } ?? candidates(covariate.name)
    for place in places {
      if let group = try? root.group(place) { return try column(covariate, group, root) }
      if let dataset = try? root.dataset(place) { return try column(covariate, dataset, root) }
    }
    throw EvidenceError(
      .invalidData,
      "\(file): the model is given \(covariate.name), which is not there; looked for "
        + places.joined(separator: ", "),
      remedies: [.nameCovariate(covariate.name)])
  }

  private func candidates(_ name: String) -> [String] {
    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
    return (parent.isEmpty ? [] : ["/\(parent)/\(name)"]) + ["/\(name)", "/obs/\(name)"]
  }

  /// A column of AnnData: categories and codes, or numbers with a mask.
  private func column(_ covariate: Covariate, _ group: Group, _ root: Group) throws -> any CovariateColumn {
    let place = "\(file): \(group.path)"
    if try group.hasChild("codes"), try group.hasChild("categories") {
      let codes = try group.dataset("codes")
      try check(codes, [count], place)
      guard let categories = covariate.categories else { throw notNumbers(covariate, place) }
      return CodeColumn(
        stored: codes, words: try words(group.dataset("categories")), categories: categories, place: place)
    }
    if try group.hasChild("values"), try group.hasChild("mask") {
      let mask: [Float] = try group.dataset("mask").read()
      if let missing = mask.firstIndex(where: { $0 != 0 }) {
        throw EvidenceError(.invalidData, "\(place): example \(missing): the value is missing; leave it out")
      }
      return try column(covariate, group.dataset("values"), root)
    }
    throw EvidenceError(.invalidData, "\(place): expected a dataset, or a column of AnnData; found a group")
  }

  private func column(_ covariate: Covariate, _ dataset: HDF5.Dataset, _ root: Group) throws -> any CovariateColumn {
    let place = "\(file): \(dataset.path)"
    if dataset.type == .string {
      try check(dataset, [count], place)
      guard let categories = covariate.categories else { throw notNumbers(covariate, place) }
      return WordColumn(
        words: try dataset.readStrings(limit: max(1 << 20, count)), categories: categories, place: place)
    }
    guard dataset.type.isNumeric else {
      throw EvidenceError(.invalidData, "\(place): expected numbers or strings, found \(dataset.type)")
    }
    return try column(covariate, dataset, words: olderCategories(of: dataset, root), place: place)
  }

  /// Numbers, or categories as numbers or one-hot.
  private func column(
    _ covariate: Covariate, _ stored: some StoredNumbers, words: [String]?, place: String
  ) throws -> any CovariateColumn {
    guard let categories = covariate.categories else {
      try check(stored, covariate.width == 1 && stored.shape.count < 2 ? [count] : [count, covariate.width], place)
      return NumberColumn(stored: stored, size: covariate.width, place: place)
    }
    if stored.shape.count == 2 {
      try check(stored, [count, categories.count], place)
      return OneHotColumn(stored: stored, categories: categories, place: place)
    }
    try check(stored, [count], place)
    return CodeColumn(stored: stored, words: words, categories: categories, place: place)
  }

  /// The words of a column of AnnData before 0.8: codes, with their categories in a group beside them.
  private func olderCategories(of dataset: HDF5.Dataset, _ root: Group) throws -> [String]? {
    let parts = dataset.path.split(separator: "/")
    let parent = parts.dropLast().joined(separator: "/")
    guard let name = parts.last, let group = try? root.group("/\(parent)/__categories"),
      try group.hasChild(String(name))
    else { return nil }
    return try words(group.dataset(String(name)))
  }

  /// Strings, or numbers as strings.
  private func words(_ dataset: HDF5.Dataset) throws -> [String] {
    if dataset.type == .string { return try dataset.readStrings() }
    let numbers: [Double] = try dataset.read()
    return numbers.map(\.asCategory)
  }

  private func check(_ stored: some StoredNumbers, _ shape: [Int], _ place: String) throws {
    guard stored.shape != shape else { return }
    throw EvidenceError(
      .invalidData, "\(place): expected shape \(shape), for \(count) examples; found \(stored.shape)")
  }

  private func notNumbers(_ covariate: Covariate, _ place: String) -> EvidenceError {
    EvidenceError(.invalidData, "\(place): \(covariate.name) is continuous: expected numbers, found categories")
  }
}
