import Foundation
import Reading

/// The readers that are Swift throughout, fuzzed under the guidance of coverage by libFuzzer:
///
///     swift build --package-path Benchmarks --sanitize fuzzer --product GuidedFuzzing
///     FUZZED_KIND=json FUZZED_WITH=weights.h5 Benchmarks/.build/debug/GuidedFuzzing -max_total_time=600 CORPUS
///
/// FUZZED_KIND is `json` or `archive`; FUZZED_WITH names the file that goes with each input, if one does.
@_cdecl("LLVMFuzzerTestOneInput")
public func readOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let environment = ProcessInfo.processInfo.environment
  guard let kind = environment["FUZZED_KIND"].flatMap(Kind.init) else {
    fatalError("FUZZED_KIND: expected json or archive")
  }
  let path = "/dev/shm/guided-\(getpid())"
  defer { unlink(path) }
  do {
    try Data(UnsafeBufferPointer(start: start, count: count)).write(to: URL(filePath: path))
    try kind.read(path, companions: environment["FUZZED_WITH"].map { [$0] } ?? [], kept: path + ".read")
    unlink(path + ".read")
  } catch {
    // Refused.
  }
  return 0
}
