import Foundation
import HDF5
import JSON

/// The weights of Keras 3 in several files (`model.weights.json` beside `model_00000.weights.h5`, …), as one.
enum ShardedWeights {
  /// One file in memory with what all shards hold.
  ///
  /// - Parameter value: The JSON of the index, whose `weight_map` names the shards, which lie beside it.
  static func joined(_ value: JSONValue, index path: String) throws -> File {
    func problem(_ message: String, found: String? = nil) -> ImportError {
      ImportError(
        .badConfiguration, file: path, place: "weight_map", message, expected: "names of files beside it", found: found)
    }
    var names: [String] = []
    for (_, files) in (value["weight_map"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      let listed = files.string.map { [$0] } ?? files.array?.compactMap(\.string) ?? []
      guard !listed.isEmpty else { throw problem("the index names no file for some weights", found: files.summary) }
      for name in listed where !names.contains(name) { names.append(name) }
    }
    guard !names.isEmpty, names.count <= 4096 else { throw problem("the index names \(names.count) files") }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    let joined = try File(inMemory: URL(fileURLWithPath: path).lastPathComponent)
    let root = try joined.root
    let shards = try names.sorted().map { name in
      guard !name.contains("/"), !name.contains("\\"), name != "..", !name.isEmpty else {
        throw problem("a shard lies in another folder", found: name)
      }
      let shard = folder.appendingPathComponent(name).path
      guard FileManager.default.fileExists(atPath: shard) else {
        throw ImportError(
          .noSuchFile, file: path, place: name, "a file that the index names is missing",
          expected: "it beside the index")
      }
      return try File(reading: shard).root
    }
    for shard in shards {
      for dataset in try shard.allDatasets() where try !root.hasChild(dataset.path) {
        let values: [Float] = try dataset.read()
        try root.createDataset(dataset.path, type: .float(bits: 32), shape: dataset.shape).write(values)
        try name(
          String(dataset.path[..<(dataset.path.lastIndex(of: "/") ?? dataset.path.startIndex)]), of: shards, in: root)
      }
    }
    return joined
  }

  /// Copies the layer's name, which is with the group of its variables in one of the shards, and not always in that with
  /// the variables.
  private static func name(_ group: String, of shards: [Group], in root: Group) throws {
    guard !group.isEmpty, try root.group(group).attributeType("name") == nil else { return }
    for shard in shards where try shard.hasChild(group) {
      let stored = try shard.group(group)
      guard try stored.attributeType("name") == .string, let name = try stored.string("name") else { continue }
      return try root.group(group).setAttribute("name", name)
    }
  }
}
