/// The version of the router.
public enum RouterVersion {
  /// As `--version` and the metrics tell it.
  public static let text = "0.1.0"
}
