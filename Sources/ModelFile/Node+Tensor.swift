import HDF5
import Models

extension Node {
  /// The numbers of a dataset; nil, without a problem, where there is none.
  ///
  /// - Parameter rank: The number of axes, if only one will do.
  func tensor(_ name: String, rank: Int? = nil) -> Tensor? {
    guard has(name) else { return nil }
    let path = path(of: name)
    guard let dataset = log.attempt(path, { try group.dataset(name) }) else { return nil }
    let shape = dataset.shape
    if let rank, shape.count != rank {
      log.report(
        path, "has the shape \(Wording.shape(shape)); expected \(rank == 0 ? "a scalar" : Wording.axes(rank))")
      return nil
    }
    guard !shape.contains(0) else {
      log.report(path, "is empty: its shape is \(Wording.shape(shape))")
      return nil
    }
    guard log.admitsElements(dataset.elementCount, path),
      let values = log.attempt(path, { try dataset.read(as: Float.self) }), isFinite(values, shape, path)
    else { return nil }
    return Tensor(shape: shape, values: values)
  }

  /// The numbers of a dataset that must be there.
  func requiredTensor(_ name: String, rank: Int? = nil) -> Tensor? {
    if !has(name) { log.report(path(of: name), "the dataset is missing") }
    return tensor(name, rank: rank)
  }

  /// Reports a tensor that has not the shape that another one asks for.
  func expect(_ name: String, _ tensor: Tensor?, shape: [Int], because reason: String) {
    guard let tensor, tensor.shape != shape else { return }
    log.report(
      path(of: name), "has the shape \(Wording.shape(tensor.shape)); expected \(Wording.shape(shape)) \(reason)")
  }

  /// Reports values outside a range that the quantity has by its meaning.
  func expect(_ name: String, _ tensor: Tensor?, _ what: String, _ isAllowed: (Float) -> Bool) {
    guard let tensor, let first = tensor.values.firstIndex(where: { !isAllowed($0) }) else { return }
    log.report(
      path(of: name),
      "holds \(tensor.values[first])\(Wording.position(first, tensor.shape)); expected \(what)")
  }

  private func isFinite(_ values: [Float], _ shape: [Int], _ path: String) -> Bool {
    guard let first = values.firstIndex(where: { !$0.isFinite }) else { return true }
    let count = values.count { !$0.isFinite }
    log.report(
      path,
      "holds \(Wording.count(count, "value")) that \(count == 1 ? "is" : "are") not finite"
        + (count == 1 ? "" : ", the first") + ": \(values[first])\(Wording.position(first, shape))")
    return false
  }
}

extension Wording {
  /// `1 axis`, `4 axes`.
  static func axes(_ number: Int) -> String { number == 1 ? "1 axis" : "\(number) axes" }

  /// ` at [2, 0]`; nothing for a scalar.
  static func position(_ index: Int, _ shape: [Int]) -> String {
    if shape.isEmpty { return "" }
    var rest = index
    var indices: [Int] = []
    for extent in shape.reversed() {
      indices.insert(rest % extent, at: 0)
      rest /= extent
    }
    return " at " + Wording.shape(indices)
  }
}
