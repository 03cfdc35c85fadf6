-- What Dues knows of the members of `tree.sql` beside their names: half are insured, a quarter pensioned, the others
-- without a figure of their own; of one in fifty the figure is a month late, one in a hundred joined fifty years ago.
CREATE FUNCTION bench_dues(number bigint) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_strip_nulls(jsonb_build_object(
    'duesCategory', CASE WHEN number % 20 < 10 THEN 'insured' WHEN number % 20 < 15 THEN 'pensioner'
        WHEN number % 20 < 18 THEN 'uninsured-working-age' WHEN number % 20 < 19 THEN 'uninsured-retirement-age'
        ELSE 'student' END,
    'joinedOn', CASE WHEN number % 100 = 14 THEN '1970-02-03' ELSE '2015-05-19' END,
    'duesBase', CASE WHEN number % 20 < 15 THEN jsonb_build_object(
        'source', CASE WHEN number % 20 < 10 THEN 'social-insurance' ELSE 'pension-list' END,
        'amount', 5000000 + number % 1000 * 12345,
        'month', to_char((now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
            - CASE WHEN number % 50 = 3 THEN interval '2 months' ELSE interval '1 month' END, 'YYYY-MM'))
    END));
\set circumstances bench_dues(n)
