// Dashboards as files: Grafana's own types, whose enums take the texts that stand for them in JSON.
import type {
  Dashboard,
  DataSourceRef,
  GraphFieldConfig,
  Panel,
  RowPanel,
} from "@grafana/schema";
import type { Options as BarGauge } from "@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen";
import type { Options as Heatmap } from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type { Options as Stat } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as Table } from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type { Options as TimeSeries } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

type Json<T> = T extends string
  ? T | `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : T extends (infer Item)[]
      ? Json<Item>[]
      : T extends object
        ? { [Key in keyof T]: Json<T[Key]> }
        : T;

// What the Prometheus data source reads of a query; its type is not in the package.
type Query = {
  refId: string;
  datasource: DataSourceRef;
  expr: string;
  legendFormat: string;
  exemplar: boolean;
  instant: boolean;
  range: boolean;
  format: "time_series" | "table" | "heatmap";
};

type FieldDefaults = NonNullable<Json<Panel>["fieldConfig"]>["defaults"];

// The schema leaves options, field settings and queries open; each type of panel says what it takes.
type Options = { timeseries: TimeSeries; stat: Stat; bargauge: BarGauge; heatmap: Heatmap; table: Partial<Table> };
type Ours = {
  [Kind in keyof Options]: Omit<Json<Panel>, "type" | "options" | "targets" | "fieldConfig" | "description"> & {
    type: Kind;
    description: string;
    datasource: DataSourceRef;
    options: Json<Options[Kind]>;
    targets: Query[];
    fieldConfig: {
      defaults: Omit<FieldDefaults, "custom"> & {
        unit: string;
        custom?: Kind extends "timeseries" ? Json<GraphFieldConfig> : never;
      };
      overrides: [];
    };
  };
}[keyof Options];

export type Board = Omit<Json<Dashboard>, "panels" | "annotations"> & {
  panels: (Ours | Json<RowPanel>)[];
  annotations: { list: object[] };
};
