// Produces one alert and one deploy straight to the input topics, in Avro, as one transaction.
//
//	go run . -bootstrap 127.0.0.1:9092 -registry http://127.0.0.1:8080 -tenant default -service checkout
//
// The gateway serves the schemas at a registry's addresses, so any client of Confluent's registry can read them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"time"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
)

var (
	bootstrap   = flag.String("bootstrap", "127.0.0.1:9092", "host:port of a broker")
	registry    = flag.String("registry", "http://127.0.0.1:8080", "address of the gateway")
	tenant      = flag.String("tenant", "default", "tenant, as the settings declare it")
	service     = flag.String("service", "checkout", "what is deployed, and fails")
	environment = flag.String("environment", "production", "where")
	compression = flag.String("compression", "zstd", "none, gzip, snappy, lz4 or zstd")
)

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

func main() {
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := publish(ctx); err != nil {
		log.Fatal(err)
	}
}

func publish(ctx context.Context) error {
	schemas, err := sr.NewClient(sr.URLs(*registry))
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	deploy, err := record(ctx, schemas, "deploys", deployOf(now.Add(-2*time.Minute)))
	if err != nil {
		return err
	}
	alert, err := record(ctx, schemas, "alerts", alertOf(now))
	if err != nil {
		return err
	}
	return inOneTransaction(ctx, deploy, alert)
}

// alertOf names only the fields that have a meaning here; the schema's defaults stand for the others.
func alertOf(at time.Time) map[string]any {
	return map[string]any{
		"source": "own-monitor",
		// Firing and resolved are the same alert: the same fingerprint and the same start.
		"source_ref":  fmt.Sprintf("own-monitor:errors-%s@%d", *service, at.UnixMicro()),
		"fingerprint": "errors-" + *service,
		"name":        "ErrorRateHigh",
		"status":      "firing",
		"severity":    "critical",
		"service":     *service,
		"environment": *environment,
		"summary":     "more than 5% of the requests fail",
		"starts_at":   at,
	}
}

func deployOf(at time.Time) map[string]any {
	return map[string]any{
		"kind":   "deploy",
		"source": "own-deployer",
		// The change's name in its own tool: written again, it is the same change.
		"source_ref":   fmt.Sprintf("own-deployer:%s/%d", *service, at.Unix()),
		"target":       "service/" + *service,
		"service":      *service,
		"environment":  *environment,
		"title":        "deploy of " + *service + " v2",
		"after":        "v2",
		"effective_at": at,
	}
}

// record encodes in Confluent's wire format: a zero byte, the schema's id in four, the value.
func record(ctx context.Context, schemas *sr.Client, topic string, value map[string]any) (*kgo.Record, error) {
	found, err := schemas.SchemaByVersion(ctx, topic+"-value", -1)
	if err != nil {
		return nil, fmt.Errorf("no schema of %s at %s: %w", topic, *registry, err)
	}
	schema, err := avro.Parse(found.Schema.Schema)
	if err != nil {
		return nil, err
	}
	body, err := avro.Marshal(schema, withDefaults(schema, value))
	if err != nil {
		return nil, fmt.Errorf("the %s record does not fit its schema: %w", topic, err)
	}
	header, err := new(sr.ConfluentHeader).AppendEncode(nil, found.ID, nil)
	if err != nil {
		return nil, err
	}
	return &kgo.Record{
		Topic:   topic, // the key may stay empty
		Value:   append(header, body...),
		Headers: []kgo.RecordHeader{{Key: "tenant", Value: []byte(*tenant)}},
	}, nil
}

func withDefaults(schema avro.Schema, value map[string]any) map[string]any {
	for _, field := range schema.(*avro.RecordSchema).Fields() {
		if _, given := value[field.Name()]; !given && field.HasDefault() {
			value[field.Name()] = field.Default()
		}
	}
	return value
}

// inOneTransaction writes all or none; without a transactional id ProduceSync alone would do.
func inOneTransaction(ctx context.Context, records ...*kgo.Record) error {
	codec, known := codecs[*compression]
	if !known {
		return fmt.Errorf("unknown compression %q", *compression)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(*bootstrap),
		kgo.ProducerBatchCompression(codec),
		kgo.TransactionalID("own-producer-go-"+*service),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		return err
	}
	produced := client.ProduceSync(ctx, records...).FirstErr()
	return errors.Join(produced, client.EndTransaction(ctx, kgo.TransactionEndTry(produced == nil)))
}
