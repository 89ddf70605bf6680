import Foundation
import JSON
import Models
import Networks
import Testing

@testable import KerasImport

extension KerasTests {
  /// Files that Keras itself has written, with what Keras computes (Fixtures/generate.py).
  @Suite struct Files {
    typealias F = KerasFixtures

    static func expected(_ name: String) throws -> JSONValue {
      let text = try [UInt8](Data(contentsOf: F.url("expected.json")))
      return try #require(try JSONParser.parse(text, file: "expected.json")[name])
    }

    static func numbers(_ value: JSONValue?) -> [Double] { value?.array?.compactMap(\.double) ?? [] }

    static func expectEqual(_ found: [Double], _ expected: JSONValue?) {
      let expected = numbers(expected)
      #expect(found.count == expected.count && !found.isEmpty)
      // The references are of single precision, rounded to seven digits.
      for (a, b) in zip(found, expected) { #expect(abs(a - b) < 2e-6) }
    }

    @Test(arguments: ["keras3-nested.keras", "keras2-operations.h5"]) func computesAsKerasDoes(_ name: String) throws {
      let model = try KerasImport.read(files: [F.url(name).path]).model
      let reference = try Self.expected(String(name.prefix { $0 != "." }))
      let divisor = try #require(model.input.divideBy)
      let x = Self.numbers(reference["x"]).map { $0 / divisor }
      let encoder = model.encoders[0]
      let posterior = Interpreter.run(encoder, Interpreter.Values(x, model.input.shape))
      Self.expectEqual(posterior[.mean] ?? [], reference["mean"])
      Self.expectEqual(posterior[.logVariance] ?? [], reference["log_variance"])
      let z = Interpreter.Values(Self.numbers(reference["z"]), [2])
      Self.expectEqual(Interpreter.run(model.decoders[0], z)[.probabilities] ?? [], reference["decoded"])
    }

    @Test func whatIsAssumedIsSaid() throws {
      let result = try KerasImport.read(files: [F.url("keras2-operations.h5").path])
      #expect(result.assumptions.contains { $0.statement.contains("divided by 16, as tf.math.truediv does") })
      #expect(result.model.about.source == "Keras 2.15.0: keras2-operations.h5")
    }

    @Test(arguments: ["mlp.json", "convolutional.json", "batch-normalized.json"])
    func descriptionsOfTheDocumentation(_ name: String) throws {
      let text = try [UInt8](Data(contentsOf: F.url(name)))
      let description = try KerasDescription(JSONParser.parse(text, file: name), file: name)
      // A file of the weights that the description names, with the shapes that its author's had.
      let weights: [String: [F.Weight]] = [
        "mlp.json": Self.dense([("dense_1", 784, 512), ("z_mean", 512, 2), ("z_log_var", 512, 2)]),
        "convolutional.json": Self.convolutions([("conv2d_1", 1, 32), ("conv2d_2", 32, 64)])
          + Self.dense([("dense_1", 3136, 16), ("z_mean", 16, 2), ("z_log_var", 16, 2)]),
        "batch-normalized.json": Self.convolutions([("conv2d_1", 1, 16), ("conv2d_2", 16, 32), ("conv2d_3", 32, 64)])
          + Self.normalizations([(1, 16), (2, 32), (3, 64)])
          + Self.dense([("dense_1", 3136, 64), ("dense_2", 64, 32), ("z_mean", 32, 2), ("z_log_var", 32, 2)]),
      ]
      let decoding: [String: [F.Weight]] = [
        "mlp.json": Self.dense([("dense_2", 2, 512), ("dense_3", 512, 784)]),
        "convolutional.json": Self.dense([("dense_2", 2, 3136)])
          + Self.convolutions([
            ("conv2d_transpose_1", 64, 64), ("conv2d_transpose_2", 32, 64), ("decoder_output", 1, 32),
          ]),
        "batch-normalized.json": Self.dense([("dense_3", 2, 32), ("dense_4", 32, 64), ("dense_5", 64, 3136)])
          + Self.convolutions([
            ("conv2d_transpose_1", 64, 64), ("conv2d_transpose_2", 32, 64), ("conv2d_transpose_3", 16, 32),
            ("conv2d_transpose_4", 1, 16),
          ]) + Self.normalizations([(4, 64), (5, 32), (6, 16)]),
      ]
      let groups = [("input_1", []), ("encoder", weights[name] ?? []), ("decoder", decoding[name] ?? [])]
      let result = try F.read([F.file("w.h5", F.named(groups)), F.file(name, String(decoding: text, as: UTF8.self))])
      #expect(result.model.input.divideBy == 255)
      #expect(result.model.input.shape == description.inputShape)
      #expect(result.model.decoders[0].distribution == .bernoulli)
    }

    static func dense(_ layers: [(String, Int, Int)]) -> [F.Weight] {
      layers.flatMap { F.denseWeights($0.0, $0.1, $0.2).1 }
    }

    /// Kernels of three by three; the bias is the second extent's but for transposed ones, whose is the first's.
    static func convolutions(_ layers: [(String, Int, Int)]) -> [F.Weight] {
      layers.flatMap { name, a, b -> [F.Weight] in
        let isTransposed = name.contains("transpose") || name.contains("output")
        return [(name + "/kernel:0", [3, 3, a, b]), (name + "/bias:0", [isTransposed ? a : b])]
      }
    }

    static func normalizations(_ layers: [(Int, Int)]) -> [F.Weight] {
      layers.flatMap { number, size in
        ["gamma", "beta", "moving_mean", "moving_variance"].map { ("batch_normalization_\(number)/\($0):0", [size]) }
      }
    }
  }
}
