import Foundation
import HDF5

/// A results file written by hand, column by column, in the format of docs/results-file.md.
struct HandmadeResults {
  var samples = 5000
  var curveSamples = [1, 5, 50, 500, 5000]
  var estimator = "importance-sampling"
  var model = "model.h5"
  var modelName: String? = "small"
  var dataset = "/images"
  var data = "test.h5"
  var dataSHA256 = String(repeating: "b", count: 64)
  var binarize = "none"
  var divideBy = 1.0
  var quantity: String? = "log-likelihood"
  var elements: Int? = 4
  /// Examples of the run; those that have rows, where nil.
  var total: Int?
  var isFinished = true
  var values: [Double] = []
  var errors: [Double]?
  var sampleSizes: [Double]?
  var shapes: [Double]?

  func write(to path: String) throws {
    let file = try File(creating: path)
    let root = try file.root
    for (name, value) in [
      ("format", "evidence-results"), ("command", "nll"), ("estimator", estimator),
      ("model_sha256", String(repeating: "a", count: 64)), ("data_sha256", dataSHA256), ("dataset", dataset),
      ("binarize", binarize), ("evidence_version", "0.1.0"), ("model", model), ("data", data),
      ("started", "2026-01-02T03:04:05Z"),
    ] { try root.setAttribute(name, value) }
    if let modelName { try root.setAttribute("model_name", modelName) }
    if let quantity { try root.setAttribute("quantity", quantity) }
    if let elements { try root.setAttribute("elements", elements) }
    if isFinished { try root.setAttribute("finished", "2026-01-02T03:05:05Z") }
    try root.setAttribute("version", 1)
    try root.setAttribute("samples", samples)
    try root.setAttribute("seed", 7)
    try root.setAttribute("divide_by", divideBy)
    try root.setAttribute("examples_first", 0)
    try root.setAttribute("examples_last", total ?? values.count)
    let group = try root.createGroup("examples")
    let count = values.count
    try group.createDataset("index", type: .integer(bits: 64, signed: true), shape: [count])
      .write((0..<count).map(Int64.init))
    func column(_ name: String, _ numbers: [Double]) throws {
      try group.createDataset(name, type: .float(bits: 64), shape: [count]).write(numbers)
    }
    try column("log_likelihood", values)
    try column("elbo", values.map { $0 - 5 })
    try column("monte_carlo_standard_error", errors ?? values.map { _ in 0.02 })
    try column("effective_sample_size", sampleSizes ?? values.map { _ in 400 })
    try column("largest_weight_share", values.map { _ in 0.04 })
    try column("pareto_k", shapes ?? values.map { _ in 0.3 })
    if !curveSamples.isEmpty {
      let curve = try group.createDataset(
        "curve", type: .float(bits: 64), shape: [count, curveSamples.count])
      try curve.setAttribute("samples", curveSamples)
      let points = curveSamples.indices.map { 0.5 * Double(curveSamples.count - 1 - $0) }
      try curve.write(values.flatMap { value in points.map { value - $0 } })
    }
    try file.close()
  }
}
